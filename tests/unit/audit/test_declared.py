"""What a stack file declares, seen from different places."""

import json
from collections.abc import Mapping

import pytest

from infra.audit.declared import Declared, Vista, declared
from infra.config.products import Product
from infra.config.servers import Server

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6hoSN6t0sPV1Vb4ZJ0dY7w1yJ2z3Q4R5S6T7U8V9Wa"
ANYWHERE = Vista(address="192.0.2.1", interface="eth0", client="198.51.100.7")
OFFICE = Vista(address="192.0.2.1", interface="eth0", client="203.0.113.9")


def admitted(*rules: Mapping[str, object], edge: bool = False, ssh_port: int = 22, **firewall: object) -> Declared:
    """Return what a server with these rules declares."""
    section = {
        "host": "192.0.2.1",
        "ssh": {"host_key": KEY, "port": ssh_port},
        "admin_keys": [KEY],
        "firewall": {"rules": [{"comment": "a test", **rule} for rule in rules], **firewall},
    }
    return declared(Server.model_validate_json(json.dumps(section)), edge=edge)


def test_ssh_is_declared_on_its_own_port() -> None:
    assert admitted().permits(22, "tcp", ANYWHERE)
    assert admitted(ssh_port=2222).permits(2222, "tcp", ANYWHERE)
    assert not admitted(ssh_port=2222).permits(22, "tcp", ANYWHERE)


def test_ssh_for_some_networks_is_declared_for_those() -> None:
    office = admitted(ssh_from=["203.0.113.0/24"])
    assert office.permits(22, "tcp", OFFICE)
    assert not office.permits(22, "tcp", ANYWHERE)


@pytest.mark.parametrize("port", [80, 443])
def test_the_edge_declares_its_ports(port: int) -> None:
    assert admitted(edge=True).permits(port, "tcp", ANYWHERE)
    assert not admitted(edge=True).permits(port, "udp", ANYWHERE)
    assert not admitted(edge=False).permits(port, "tcp", ANYWHERE)


@pytest.mark.parametrize(
    ("port", "protocol", "tcp", "udp"), [(51820, "udp", False, True), (25, "tcp", True, False), (53, "any", True, True)]
)
def test_a_rule_declares_its_protocol(port: int, protocol: str, *, tcp: bool, udp: bool) -> None:
    rule = admitted({"port": port, "protocol": protocol})
    assert (rule.permits(port, "tcp", ANYWHERE), rule.permits(port, "udp", ANYWHERE)) == (tcp, udp)


def test_a_range_is_declared_with_both_ends() -> None:
    ports = admitted({"port": "8000:8010"})
    assert [port for port in range(7990, 8020) if ports.permits(port, "tcp", ANYWHERE)] == list(range(8000, 8011))


def test_a_rule_for_a_source_is_declared_for_that_source_only() -> None:
    rule = admitted({"port": 5432, "source": "203.0.113.9"})
    assert rule.permits(5432, "tcp", OFFICE)
    assert not rule.permits(5432, "tcp", ANYWHERE)
    unknown = Vista(address="192.0.2.1", interface="eth0", client="")
    assert rule.permits(5432, "tcp", unknown), "who cannot be told from the source may be it"


def test_a_rule_for_an_interface_is_declared_on_that_interface_only() -> None:
    rule = admitted({"port": 9100, "interface": "wg0"})
    assert not rule.permits(9100, "tcp", ANYWHERE)
    assert rule.permits(9100, "tcp", Vista(address="10.8.0.1", interface="wg0", client=""))


def test_nothing_is_declared_on_ipv6_where_the_firewall_refuses_it() -> None:
    at = Vista(address="2001:db8::1", interface="eth0", client="2001:db8::2")
    assert admitted(edge=True).permits(443, "tcp", at)
    assert not admitted(edge=True, ipv6=False).permits(443, "tcp", at)
    assert not admitted(ipv6=False).permits(22, "tcp", at)


def test_what_should_answer_leaves_ranges_out() -> None:
    rules = admitted({"port": "8000:8010"}, {"port": 25}, {"port": 53, "protocol": "udp"}, edge=True)
    assert rules.expected(ANYWHERE) == [22, 25, 80, 443]
    assert rules.udp_ports == [53]


def test_what_the_edge_publishes_for_a_product_is_declared() -> None:
    section = {
        "server": "main",
        "compose": ["compose.yaml"],
        "ingress": [{"listen": 8080, "service": "web", "port": 8000}],
        "ports": [{"port": 53, "protocol": "udp", "service": "dns", "target": 53, "allow": ["203.0.113.0/24"]}],
    }
    server = Server.model_validate_json(json.dumps({"host": "a", "ssh": {"host_key": KEY}, "admin_keys": [KEY]}))
    found = declared(server, edge=True, http3=True, products=[Product.model_validate_json(json.dumps(section))])
    assert found.permits(8080, "tcp", ANYWHERE)
    assert found.permits(443, "udp", ANYWHERE)
    assert found.permits(53, "udp", OFFICE)
    assert not found.permits(53, "udp", ANYWHERE)
