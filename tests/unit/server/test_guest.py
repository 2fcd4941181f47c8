"""What owner and guest register of the server they share."""

from pathlib import Path
from typing import Any

import pytest

from infra.config.settings import Settings
from stacks.platform import hosting, platforms
from stacks.product import products
from tests.harness import Registered, one, render
from tests.unit.config.conftest import COMPOSE, Stack
from tests.unit.config.test_sharing import again, as_guest, product, write


@pytest.fixture
def dev(tmp_path: Path) -> Stack:
    """Return the stack `dev` with a firewall; `test` is its guest, with a port of its own."""
    stack = Stack(tmp_path)
    (stack.root / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    stack.server.update(suite="trixie", firewall={})
    del stack.sections["registries"]
    stack.secrets = {}
    write(stack.root, "dev", stack.sections)
    found = as_guest()
    found["products"]["shop"]["ingress"].append({"listen": 9100, "service": "web", "port": 8000})
    write(stack.root, "test", found)
    return stack


def registered(settings: Settings) -> list[Registered]:
    """Return what a stack registers."""

    def program() -> None:
        servers = platforms(settings)
        hosting(settings, servers, products(settings, servers))

    return render(program)


def guest_of(dev: Stack, root: Path) -> Settings:
    found: dict[str, Any] = as_guest()
    found["products"]["shop"]["ingress"].append({"listen": 9100, "service": "web", "port": 8000})
    assert dev.releases is not None
    releases = {"shop": dev.releases["shop"]}
    return Stack(root, sections=found, secrets={}, releases=releases, name="test").load()


def test_a_guest_declares_nothing_of_the_server(dev: Stack) -> None:
    found = registered(guest_of(dev, dev.root))
    types = {each.type for each in found}
    assert "slipway:server:GuestServer" in types
    assert not types & {
        "slipway:server:Server",
        "slipway:edge:Edge",
        "slipway:firewall:Firewall",
        "host:index:OperatingSystem",
        "host:index:Hosting",
        "host:index:Undeclared",
        "host:index:Package",
    }
    gate = one(found, "host:index:OwnedBy")
    assert gate.inputs == {"owner": "dev", "entryPoints": ["http-9100", "internal-8000"]}
    for each in found:
        if each.type in {"docker:index/network:Network", "docker:index/volume:Volume", "host:index:Image"}:
            assert gate.name in each.dependencies, f"{each.name} would not wait for the gate"


def test_a_guests_routes_lead_through_the_owners_edge(dev: Stack) -> None:
    found = registered(guest_of(dev, dev.root))
    route = one(found, "host:index:Route").inputs
    assert route["path"] == "/srv/slipway/edge/dynamic/test-shop-web.yaml"
    assert "ClientIP(`10.213.0.1/32`)" in route["content"], "the agent asks from the edge's own network"
    attachment = one(found, "host:index:NetworkAttachment").inputs
    assert (attachment["network"], attachment["container"]) == ("test-shop", "0-edge-traefik")


def test_an_owner_opens_the_ports_of_its_guests_and_its_edge_listens_on_them(dev: Stack) -> None:
    found = registered(dev.load())
    rules = {each.inputs["comment"]: each.inputs["port"] for each in found if each.type == "host:index:FirewallRule"}
    assert rules["edge: test/shop over HTTP"] == "9100"
    settings = next(each for each in found if each.name == "main-edge-settings").inputs["content"]
    assert "  http-9100:" in settings


def test_an_edge_listens_on_the_ports_that_services_of_guests_call_each_other_on(dev: Stack) -> None:
    text = COMPOSE.replace('expose: ["8000"]', 'expose: ["8000", "7000"]')
    (dev.root / "theirs.yaml").write_text(text, encoding="utf-8")
    again(dev, "test", lambda config: product(config).update(compose=["theirs.yaml"]))
    settings = next(each for each in registered(dev.load()) if each.name == "main-edge-settings").inputs["content"]
    assert "  internal-7000:" in settings


def test_products_of_an_owner_wait_for_one_resource_that_waits_for_all_the_server(dev: Stack) -> None:
    found = registered(dev.load())
    gate = one(found, "host:index:OwnedBy")
    server = {each.name for each in found if each.parent == "main" and not each.type.startswith("pulumi:providers")}
    assert {each for each in server if each != "main-baseline"} <= gate.dependencies
    network = next(each for each in found if each.name == "shop-network-default")
    assert network.dependencies == {gate.name}


def test_the_gate_of_an_owner_is_the_first_to_go(dev: Stack) -> None:
    found = registered(dev.load())
    gate = one(found, "host:index:Hosting")
    others = {each.name for each in found if each.type.startswith("host:index:") and each is not gate}
    assert others <= gate.dependencies, "what it does not depend on would be gone before it refuses"
