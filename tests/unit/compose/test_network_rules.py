"""What is wrong with a product's networks."""

import pytest

from infra.compose.network_rules import broken_network_rules
from infra.compose.project import Network, Project

NAME = "com.docker.network.bridge.name"


@pytest.mark.parametrize(("bridge", "is_broken"), [("br-shop", False), ("shop0", True)])
def test_a_bridge_that_the_firewall_would_take_for_the_outside_is_named(bridge: str, *, is_broken: bool) -> None:
    network = Network(name="back", options={NAME: bridge})
    found = list(broken_network_rules(Project(services={}, networks={"back": network}, volumes={})))
    assert [finding.steps for finding in found] == ([("networks", "back", "driver_opts", NAME)] if is_broken else [])
