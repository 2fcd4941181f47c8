"""The classes that programs use."""

import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pulumi
import pytest

from infra.host import (
    access_resources,
    database_resources,
    firewall_resources,
    monitoring_resources,
    resources,
    server_resources,
    system_resources,
    task_resources,
)
from infra.host.agent.kind import camel_case, kinds
from infra.host.plugin import bootstrap
from infra.host.ssh import Connection
from tests.harness import one, render

KINDS = kinds(bootstrap.agent_modules())
MODULES = (
    access_resources,
    database_resources,
    firewall_resources,
    monitoring_resources,
    resources,
    server_resources,
    system_resources,
    task_resources,
)
CLASSES = {
    kind.__name__: kind
    for module in MODULES
    for kind in resources.HostResource.__subclasses__()
    if kind.__module__ == module.__name__
}
# A renamed token destroys what the state holds under the former one.
TOKENS = {
    "AlertChannel": "host:index:AlertChannel",
    "AptSource": "host:index:AptSource",
    "AuthorizedKeys": "host:index:AuthorizedKeys",
    "ContainerFiles": "host:index:ContainerFiles",
    "ContainerFirewall": "host:index:ContainerFirewall",
    "DatabaseUser": "host:index:DatabaseUser",
    "Directory": "host:index:Directory",
    "File": "host:index:File",
    "FirewallRule": "host:index:FirewallRule",
    "Group": "host:index:Group",
    "GuestNetworks": "host:index:GuestNetworks",
    "Hosting": "host:index:Hosting",
    "Hostname": "host:index:Hostname",
    "Image": "host:index:Image",
    "Job": "host:index:Job",
    "JsonFile": "host:index:JsonFile",
    "KernelModule": "host:index:KernelModule",
    "Migration": "host:index:Migration",
    "NetworkAttachment": "host:index:NetworkAttachment",
    "OperatingSystem": "host:index:OperatingSystem",
    "OwnedBy": "host:index:OwnedBy",
    "Package": "host:index:Package",
    "PasswordLookup": "host:index:PasswordLookup",
    "Permissions": "host:index:Permissions",
    "PostgresData": "host:index:PostgresData",
    "Ready": "host:index:Ready",
    "RedisData": "host:index:RedisData",
    "Route": "host:index:Route",
    "Setting": "host:index:Setting",
    "SshConfig": "host:index:SshConfig",
    "SudoersFile": "host:index:SudoersFile",
    "Swap": "host:index:Swap",
    "Sysctl": "host:index:Sysctl",
    "Timer": "host:index:Timer",
    "Timezone": "host:index:Timezone",
    "Ufw": "host:index:Ufw",
    "Undeclared": "host:index:Undeclared",
    "Unit": "host:index:Unit",
    "User": "host:index:User",
}


def test_every_class_has_the_token_it_always_had() -> None:
    assert {name: kind.TYPE for name, kind in CLASSES.items()} == TOKENS


def test_every_kind_of_the_agent_has_a_class() -> None:
    assert CLASSES.keys() == KINDS.keys()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_has_the_inputs_and_outputs_of_its_kind(name: str) -> None:
    kind, resource = KINDS[name], CLASSES[name]
    inputs = list(resource.INPUTS.__annotations__)
    assert inputs == [field.name for field in fields(kind)]
    outputs = {camel_case(name) for name in resource.OUTPUTS}
    assert {*outputs, *inputs} == {*kind.COMPUTED, *inputs}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_names_on_the_wire_are_those_the_agent_knows(name: str) -> None:
    resource = CLASSES[name]
    for attribute in (*resource.INPUTS.__annotations__, *resource.OUTPUTS):
        made = resource.__new__(resource)
        assert made.translate_input_property(attribute) == camel_case(attribute)
        assert made.translate_output_property(camel_case(attribute)) == attribute


DEFAULT = re.compile(r'    (\w+): NotRequired.*\n    """.*; (true|false|\d+)(?=[.:])')


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_default_that_an_input_names_is_that_of_its_kind(module: ModuleType) -> None:
    source = Path(str(module.__file__)).with_name(module.__name__.rpartition(".")[2].replace("resources", "inputs"))
    for text in source.with_suffix(".py").read_text().split("\nclass ")[1:]:
        kind = KINDS.get(text.partition("Inputs(")[0])
        defaults = {field.name: str(field.default).lower() for field in fields(kind)} if kind else {}
        named = dict(DEFAULT.findall(text))
        assert named == {name: defaults.get(name) for name in named}, f"{source.name}: {text.partition('(')[0]}"


def test_a_program_gives_snake_case_and_the_engine_gets_camel_case() -> None:
    def program() -> None:
        server = resources.Provider(
            "server", connection=Connection(host="server.test", port=2222, bootstrap_user="root")
        )
        options = pulumi.ResourceOptions(provider=server)
        resources.Unit("unit", name="a.service", restart_on={"/etc/a_b": "sum"}, opts=options)

    registered = render(program)
    assert one(registered, "host:index:Unit").inputs == {"name": "a.service", "restartOn": {"/etc/a_b": "sum"}}
    provider = one(registered, "pulumi:providers:host").inputs
    assert (provider["port"], provider["bootstrapUser"]) == ("2222", "root")


def test_a_vacating_hook_is_named_after_what_it_vacates() -> None:
    def program() -> None:
        server = resources.Provider("server", connection=Connection(host="server.test"))
        hooks = resources.vacate_hook(server, "container", "dev-shop-web", "shop")
        resources.Ready("ready", container="web", opts=pulumi.ResourceOptions(provider=server, hooks=hooks))

    assert one(render(program), "host:index:Ready").hooks == ("vacate container dev-shop-web on server",)
