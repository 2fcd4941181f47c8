"""The classes that programs use of a server's firewall."""

from dataclasses import fields

import pytest

from infra.host import firewall_resources as resources
from infra.host.agent.container_firewall import ContainerFirewall
from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.kind import Kind, camel_case
from infra.host.agent.ufw import Ufw
from infra.host.resources import HostResource

# A renamed token destroys what the state holds under the former one.
CLASSES: dict[str, tuple[type[HostResource], type[Kind]]] = {
    "host:index:ContainerFirewall": (resources.ContainerFirewall, ContainerFirewall),
    "host:index:FirewallRule": (resources.FirewallRule, FirewallRule),
    "host:index:Ufw": (resources.Ufw, Ufw),
}


@pytest.mark.parametrize("token", CLASSES)
def test_a_class_has_the_token_it_always_had_and_the_inputs_and_outputs_of_its_kind(token: str) -> None:
    resource, kind = CLASSES[token]
    inputs = list(resource.INPUTS.__annotations__)
    assert token == resource.TYPE
    assert inputs == [field.name for field in fields(kind)]
    assert {*resource.OUTPUTS, *inputs} == {*kind.COMPUTED, *inputs}
    assert {camel_case(name) for name in kind.COMPUTED} == {*resource.OUTPUTS}


@pytest.mark.parametrize("token", CLASSES)
def test_a_kind_says_what_to_save_before_its_changes(token: str) -> None:
    assert CLASSES[token][1].rescue is not Kind.rescue
