"""What a server's section becomes, from the stack file on."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pytest

from stacks.platform import platforms
from tests.certificates import Authority
from tests.harness import Registered, one, render
from tests.unit.config.conftest import COMPOSE, KEY, Stack

ANNA = f"{KEY} anna@laptop"
REASON = "the provider sets this kernel"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    found = Stack(tmp_path)
    found.server.update({"profile": "minimal", "suite": "trixie", "firewall": {}})
    # A login would be asked of the engine, and there is none here.
    del found.sections["registries"]
    found.secrets = {}
    return found


@pytest.fixture
def hardened(stack: Stack) -> Stack:
    stack.server["profile"] = "hardened"
    del stack.server["firewall"]
    return stack


def registered(stack: Stack, *, preview: bool = False) -> list[Registered]:
    """Return what the servers of a stack register."""
    settings = stack.load()
    return render(lambda: platforms(settings), preview=preview)


def rules(found: list[Registered]) -> dict[str, Mapping[str, object]]:
    """Return what is let in, by comment."""
    return {str(each.inputs["comment"]): each.inputs for each in found if each.type == "host:index:FirewallRule"}


def test_what_the_stack_file_says_reaches_the_server(hardened: Stack) -> None:
    hardened.server.update(
        {
            "admins": {"anna": [ANNA]},
            "exclusive": {"keys": True, "users": True},
            "swap": 2048,
            "timezone": "Europe/Berlin",
            "hostname": "main",
            "reboot_window": "04:00",
            "apt": {"security": "https://mirror.example.com/debian-security"},
        }
    )
    found = {each.name: each.inputs for each in registered(hardened) if each.type.startswith("host:")}
    assert found["main-admin-anna-keys"]["keys"] == [ANNA]
    assert found["main-deploy-keys"]["exclusive"] is True
    assert found["main-deploy"]["exclusiveGroups"] is True
    assert found["main-swap"]["size"] == 2048
    assert found["main-timezone"]["zone"] == "Europe/Berlin"
    assert found["main-hostname"]["name"] == "main"
    assert '"04:00"' in found["main/file/unattended-upgrades"]["content"]
    assert found["main/apt/security"]["uris"] == ["https://mirror.example.com/debian-security"]
    assert found["main-operating-system"]["suite"] == "trixie"


def test_an_override_is_told_at_the_head_of_the_preview(hardened: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    hardened.server["overrides"] = {
        "sysctl/kernel.*": {"value": None, "reason": REASON},
        "ssh/MaxSessions": {"value": 4, "reason": "nobody multiplexes here"},
    }
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)
    registered(hardened)
    assert told == [
        "main: ssh/MaxSessions is set to `4`: nobody multiplexes here",
        f"main: sysctl/kernel.*, 8 in all, is left to the server: {REASON}",
    ]


def test_the_edge_the_ssh_server_and_the_stack_file_are_let_in(stack: Stack) -> None:
    stack.server["firewall"] = {
        "ssh_from": ["203.0.113.0/24"],
        "rules": [{"port": 51820, "protocol": "udp", "interface": "eth0", "comment": "WireGuard"}],
    }
    stack.server["fail2ban"] = {"ignore": ["198.51.100.0/24"]}
    found = registered(stack)
    let_in = rules(found)
    assert {comment: rule["target"] for comment, rule in let_in.items()} == {
        "SSH": "host",
        "WireGuard": "host",
        "edge: HTTP, sent on to HTTPS": "forwarded",
        "edge: HTTPS": "forwarded",
        "edge: HTTP/3": "forwarded",
    }
    assert (let_in["SSH"]["port"], let_in["SSH"]["source"]) == ("22", "203.0.113.0/24")
    assert (let_in["WireGuard"]["port"], let_in["WireGuard"]["interface"]) == ("51820", "eth0")
    jail = next(each for each in found if each.name == "main-firewall-fail2ban-jail")
    assert "203.0.113.0/24 198.51.100.0/24" in jail.inputs["content"]


def test_the_edge_is_reached_by_ipv6_unless_that_is_off(stack: Stack) -> None:
    def edge() -> Registered:
        (found,) = (each for each in registered(stack) if each.name.startswith("main-edge-") and "ports" in each.inputs)
        return found

    def addresses() -> set[str | None]:
        return {port.get("ip") for port in edge().inputs["ports"]}

    assert addresses() == {None, "::"}
    named = edge().name
    assert {rule["family"] for rule in rules(registered(stack)).values()} == {"any"}
    stack.server["firewall"] = {"ipv6": False}
    assert addresses() == {None}
    assert edge().name != named, "its ports are passed over by the provider: others need another container"
    assert {rule["family"] for rule in rules(registered(stack)).values()} == {"ipv4"}


def test_without_an_edge_nothing_is_let_in_to_containers(stack: Stack) -> None:
    del stack.sections["edge"], stack.product["ingress"]
    assert stack.releases is not None
    del stack.releases["edge"]
    assert rules(registered(stack)).keys() == {"SSH"}


def test_a_minimal_server_has_a_firewall_only_where_it_is_asked_for(stack: Stack) -> None:
    del stack.server["firewall"]
    assert rules(registered(stack)) == {}
    stack.server["firewall"] = {}
    assert "SSH" in rules(registered(stack))


def test_the_firewall_waits_for_the_ways_in(hardened: Stack) -> None:
    found = [each for each in registered(hardened) if each.parent == "main-firewall"]
    assert found
    for each in found:
        assert {"main-operating-system", "main-deploy-keys", "main-deploy-sudo"} <= each.dependencies, each.name


def test_a_key_that_is_not_there_yet_is_unknown_to_a_preview(stack: Stack) -> None:
    stack.server["admins"] = {"anna": [{"file": "keys/anna.pub"}]}
    found = {each.name: each for each in registered(stack, preview=True)}
    assert "main-admin-anna-keys" in found


def test_what_nobody_declared_is_told_once_all_else_on_a_server_is_known(hardened: Stack) -> None:
    hardened.server.update({"admins": {"anna": [ANNA]}, "exclusive": {"users": True, "firewall": True}})
    found = registered(hardened)
    told = one(found, "host:index:Undeclared")
    assert told.name == "main"
    assert (told.inputs["users"], told.inputs["spared"]) == (["deploy", "anna"], ["root"])
    assert (told.inputs["exclusive"], told.inputs["firewall"]) == (["firewall", "users"], True)
    assert ANNA in told.inputs["keys"]
    on_server = {each.name for each in found if each.parent in {"main", "main-baseline", "main-firewall"}}
    of_engine = {each.name for each in found if each.type.startswith("host:") or each.type.startswith("docker:")}
    assert on_server & of_engine - {"main-docker"} <= told.dependencies


def test_without_a_firewall_of_ours_its_rules_are_nobodys_business(stack: Stack) -> None:
    del stack.server["firewall"]
    assert one(registered(stack), "host:index:Undeclared").inputs["firewall"] is False


def test_a_declared_port_is_published_by_the_edge_and_let_in(stack: Stack) -> None:
    compose = stack.root / "compose.yaml"
    text = compose.read_text(encoding="utf-8").replace(
        "db: {", 'db: {expose: ["5432", "53/udp"], volumes: ["data:/data"], '
    )
    compose.write_text(f"{text}volumes: {{data: {{}}}}\n", encoding="utf-8")
    stack.product["ingress"].append({"listen": 8080, "service": "web", "port": 8000})
    office = ["203.0.113.0/24", "198.51.100.7"]
    stack.product["ports"] = [
        {"port": 5432, "service": "db", "target": 5432, "allow": office},
        {"port": 53, "protocol": "udp", "service": "db", "target": 53},
    ]
    found = registered(stack)
    (edge,) = [each for each in found if each.name.startswith("main-edge-") and each.type.endswith(":Container")]
    published = {(port["external"], port.get("protocol", "tcp")) for port in edge.inputs["ports"]}
    assert published == {(80, "tcp"), (443, "tcp"), (443, "udp"), (8080, "tcp"), (5432, "tcp"), (53, "udp")}
    (label,) = [label["value"] for label in edge.inputs["labels"] if label["label"] == "slipway.published"]
    assert label == "53/udp 5432/tcp 8080/tcp"
    let_in = [each.inputs for each in found if each.type == "host:index:FirewallRule"]
    sources = {rule["source"] for rule in let_in if rule["port"] == "5432" and rule["target"] == "forwarded"}
    assert sources == set(office)
    assert rules(found)["edge: shop over HTTP"]["port"] == "8080"
    assert rules(found)["edge: shop/db"]["target"] == "forwarded"


def test_own_certificates_are_secret_and_only_the_edge_can_read_them(stack: Stack) -> None:
    pair = Authority().issue(["shop.example.com"])
    (stack.root / "own.crt").write_text(pair.chain, encoding="utf-8")
    (stack.root / "own.key").write_text(pair.key, encoding="utf-8")
    stack.sections["edge"]["certificates"] = [{"file": "own.crt", "key": {"file": "own.key"}}]
    (file,) = [each for each in registered(stack) if each.name == "main-edge-own-certificates"]
    assert (file.inputs["mode"], file.inputs["owner"], file.secrets) == ("0400", "65532", frozenset({"content"}))
