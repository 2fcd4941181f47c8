"""A firewall that would cut the connection in use is refused, with the place in the stack file and the remedy."""

from pathlib import Path
from typing import Any

import pytest

from infra.config.settings import ServerSettings
from infra.host.plugin.server import Server
from stacks.access import connection
from stacks.firewall import cut
from tests.unit.config.conftest import COMPOSE, Stack

CLIENT = "198.51.100.7"
DENIED = f"deny any any from {CLIENT} to 0.0.0.0/0 in"


class WayIn(Server):
    """A server that has been asked, and what it answers."""

    def __init__(self, server: ServerSettings, answer: dict[str, Any] | None) -> None:
        super().__init__(connection(server), lambda *_: None)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self._answer = answer

    def ask(self, operation: str, kind: str, want: dict[str, Any]) -> dict[str, Any] | None:
        self.asked.append((operation, kind, want))
        return self._answer


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    return Stack(tmp_path)


def settings(stack: Stack, **server: Any) -> ServerSettings:
    """Return the settings of the stack's server."""
    stack.server.update(server)
    return stack.load().servers["main"]


@pytest.mark.parametrize(
    ("firewall", "found", "place", "remedy"),
    [
        (
            {"ssh_from": ["203.0.113.0/24"]},
            (CLIENT, 22, ""),
            ".ssh_from",
            f"Add {CLIENT}, or a network that it is in",
        ),
        ({}, (CLIENT, 2200, ""), ".rules", f'Add {{port: "2200", source: {CLIENT}, comment: …}}'),
        (
            {"ipv6": False},
            ("2001:db8::9", 22, ""),
            ".ipv6",
            "Set it to `true`, or name the server by its IPv4 address",
        ),
        (
            {},
            (CLIENT, 22, DENIED),
            "",
            f"The rule `{DENIED}` comes first there: delete it on the server (`sudo ufw status numbered`)",
        ),
    ],
)
def test_a_cut_is_told_with_server_place_and_remedy(
    stack: Stack, firewall: dict[str, Any], found: tuple[str, int, str], place: str, remedy: str
) -> None:
    server = settings(stack, firewall=firewall)
    client, port, rule = found
    assert cut(server, WayIn(server, {"client": client, "port": port, "rule": rule})) == (
        f"servers.main.firewall{place}: refused before anything was touched, because it would cut the connection in "
        f"use: {server.host} sees this run come from {client} to port {port}, and would not let that in again. {remedy}"
    )


def test_the_server_is_asked_about_the_rules_that_will_be_declared(stack: Stack) -> None:
    rule = {"port": 51820, "protocol": "udp", "interface": "eth0", "comment": "WireGuard"}
    server = settings(
        stack,
        profile="hardened",
        suite="trixie",
        firewall={"ssh_from": ["203.0.113.7/32"], "rules": [rule]},
        exclusive={"firewall": True},
    )
    way_in = WayIn(server, None)
    assert cut(server, way_in) is None
    rules = ["tcp 22 from 203.0.113.7", "udp 51820 from any on eth0"]
    assert way_in.asked == [("foresee", "Ufw", {"rules": rules, "ipv6": True, "exclusive": True})]


def test_a_server_whose_firewall_is_somebody_elses_is_not_asked(stack: Stack) -> None:
    server = settings(stack, profile="minimal")
    way_in = WayIn(server, None)
    assert cut(server, way_in) is None
    assert way_in.asked == []
