"""UFW is never changed so that the connection in use could not be made again."""

import re

import pytest

from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.kind import AgentError
from tests.integration.host.ufw_server import RULES, UfwServer, drift, ufw

CLIENT = "198.51.100.7"


def test_ufw_is_not_enabled_where_it_would_cut_the_connection_in_use(
    server: UfwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 22")
    FirewallRule(port="443", source="203.0.113.0/24", comment="office").apply()
    before = {path: path.read_bytes() for path in server.folder.rglob("*") if path.is_file()}
    with pytest.raises(AgentError, match=rf"nothing was changed .* no rule lets it in.* tcp 22 from {CLIENT}, as in"):
        ufw(rules=RULES[1:]).apply()
    assert {path: path.read_bytes() for path in server.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("client", "fields", "admitted"),
    [
        (CLIENT, {"port": "22"}, True),
        (CLIENT, {"port": "22", "source": "198.51.100.0/24"}, True),
        (CLIENT, {"port": "22", "source": "203.0.113.0/24"}, False),
        (CLIENT, {"port": "2222"}, False),
        (CLIENT, {"port": "20:30"}, True),
        (CLIENT, {"port": "22", "protocol": "udp"}, False),
        (CLIENT, {"port": "22", "protocol": "any"}, True),
        (CLIENT, {"port": "22", "family": "ipv6"}, False),
        ("2001:db8::9", {"port": "22", "family": "ipv6"}, True),
        ("2001:db8::9", {"port": "22", "source": "198.51.100.0/24"}, False),
        (f"::ffff:{CLIENT}", {"port": "22", "family": "ipv4"}, True),
        ("127.0.0.1", {"port": "443"}, True),
        (CLIENT, {"port": "22", "interface": "eth0"}, True),
        (CLIENT, {"port": "22", "interface": "eth1"}, False),
    ],
)
def test_a_rule_set_is_refused_exactly_where_it_shuts_the_agent_out(
    server: UfwServer,
    monkeypatch: pytest.MonkeyPatch,
    client: str,
    fields: dict[str, str],
    admitted: bool,
) -> None:
    assert server.rules() == []
    own = "2001:db8::1" if client.startswith("2001:") else "::ffff:192.0.2.1" if ":" in client else "192.0.2.1"
    monkeypatch.setenv("SSH_CONNECTION", f"{client} 50000 {own} 22")
    rule = FirewallRule(**{"comment": "only", **fields})
    rule.apply()
    wanted = ufw(rules=(rule.identity().removeprefix("host "),))
    assert (wanted.foresee() is None) == admitted
    if admitted:
        wanted.apply()
        assert drift(wanted) == {}
    else:
        with pytest.raises(AgentError, match="would cut the connection in use"):
            wanted.apply()


def test_an_exclusive_firewall_needs_a_declared_rule_for_the_connection_in_use(
    enabled: UfwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enabled.ufw("allow", "proto", "tcp", "from", CLIENT, "to", "any", "port", "2222", "comment", "by hand")
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 2222")
    ufw(logging="medium").apply()
    with pytest.raises(AgentError, match=f"tcp 2222 from {CLIENT}"):
        ufw(exclusive=True).apply()


def test_a_rule_of_somebody_else_that_comes_first_is_named(enabled: UfwServer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = enabled.etc / "user.rules"
    rule = f"### tuple ### deny any any 0.0.0.0/0 any {CLIENT} in\n-A ufw-user-input -s {CLIENT} -j DROP\n"
    path.write_text(path.read_text().replace("### RULES ###\n", f"### RULES ###\n\n{rule}"))
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 22")
    with pytest.raises(AgentError, match=f"the rule `deny any any from {CLIENT} to 0.0.0.0/0 in` comes first"):
        ufw(sysctls=True).apply()


def test_the_connection_is_found_where_sudo_keeps_it_from_the_agent(
    server: UfwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc = server.folder / "proc"
    for number, parent, environment in (
        (41, 40, "PATH=/bin\0"),
        (40, 1, f"A=b\0SSH_CONNECTION={CLIENT} 5 192.0.2.1 22\0"),
    ):
        (proc / str(number)).mkdir(parents=True)
        (proc / str(number) / "environ").write_text(environment)
        (proc / str(number) / "status").write_text(f"Name:\tx\nPPid:\t{parent}\n")
    monkeypatch.setattr("os.getppid", lambda: 41)
    with pytest.raises(AgentError, match=f"tcp 22 from {CLIENT}"):
        ufw(rules=()).apply()


@pytest.fixture
def from_client(server: UfwServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.log.exists()
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 22")


@pytest.mark.usefixtures("from_client")
def test_a_cut_is_foreseen_before_the_rules_are_there_and_without_touching_anything(enabled: UfwServer) -> None:
    before = {path: path.read_bytes() for path in enabled.folder.rglob("*") if path.is_file()}
    assert ufw(rules=("tcp 22 from 203.0.113.0/24",)).foresee() == {"client": CLIENT, "port": 22, "rule": ""}
    assert ufw(rules=(f"tcp 22 from {CLIENT}",)).foresee() is None
    assert ufw(rules=(), enabled=False).foresee() is None
    assert {path: path.read_bytes() for path in enabled.folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("from_client")
def test_a_cut_is_foreseen_where_ufw_is_still_to_be_installed(server: UfwServer) -> None:
    server.defaults.unlink()
    for path in server.etc.iterdir():
        path.unlink()
    assert ufw(rules=("tcp 2222 from any",)).foresee() == {"client": CLIENT, "port": 22, "rule": ""}
    assert ufw().foresee() is None


@pytest.mark.usefixtures("from_client")
def test_rules_of_somebody_else_count_as_what_they_will_be(enabled: UfwServer) -> None:
    by_hand = ["proto", "tcp", "from", CLIENT, "to", "any", "port", "22", "comment", "by hand"]
    enabled.ufw("allow", *by_hand)
    office = ufw(rules=("tcp 22 from 203.0.113.0/24",))
    assert office.foresee() is None
    assert ufw(rules=office.rules, exclusive=True).foresee() == {"client": CLIENT, "port": 22, "rule": ""}
    path = enabled.etc / "user.rules"
    path.write_text(
        path.read_text().replace(f"allow tcp 22 0.0.0.0/0 any {CLIENT}", f"deny tcp 22 0.0.0.0/0 any {CLIENT}")
    )
    rule = f"deny tcp 22 from {CLIENT} to 0.0.0.0/0 in # by hand"
    assert office.foresee() == {"client": CLIENT, "port": 22, "rule": rule}
    # UFW turns the rule into the declared one where it stands.
    assert ufw(rules=(f"tcp 22 from {CLIENT}",)).foresee() is None


UNREAD = {
    "before.rules": "-A ufw-before-input -p tcp --dport 22 -j DROP",
    "after.rules": f"-I ufw-after-input -s {CLIENT} -j REJECT --reject-with icmp-port-unreachable",
    "user.rules": "-A ufw-user-input -p tcp -m multiport --dports 20:30,443 --syn -j DROP",
}


def write_unread(server: UfwServer, name: str, line: str) -> None:
    """Have somebody write a rule into one of UFW's files and not load it."""
    path = server.etc / name
    mark = "### RULES ###\n" if name == "user.rules" else "*filter\n"
    path.write_text(path.read_text().replace(mark, f"{mark}{line}\n"))


@pytest.mark.usefixtures("from_client")
@pytest.mark.parametrize("name", UNREAD)
def test_what_would_cut_the_connection_and_ufw_has_not_loaded_yet_is_refused(enabled: UfwServer, name: str) -> None:
    write_unread(enabled, name, UNREAD[name])
    before = {
        path: path.read_bytes() for path in enabled.folder.rglob("*") if path.is_file() and "log" not in path.name
    }
    refusal = (
        rf"nothing was changed .* UFW has not loaded yet .*: `{re.escape(UNREAD[name])}` in {enabled.etc / name}\."
    )
    for change in (
        ufw(logging="medium").apply,
        FirewallRule(port="8443", comment="another").apply,
        FirewallRule(port="443", source="203.0.113.0/24", comment="office").remove,
    ):
        with pytest.raises(AgentError, match=refusal):
            change()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.usefixtures("from_client")
@pytest.mark.parametrize(
    "line",
    [
        "-A ufw-before-input -p tcp --dport 25 -j DROP",
        "-A ufw-before-input -p udp --dport 22 -j DROP",
        "-A ufw-before-input -s 203.0.113.0/24 -j DROP",
        "-A ufw-before-input -d 198.18.0.1 -j DROP",
        "-A ufw-before-input -p tcp --dport 22 -j ACCEPT",
        "-A ufw-before-forward -j DROP",
        "-A ufw-before-input -m conntrack --ctstate INVALID -j DROP",
        "-A ufw-before-input -s office.example.com -j DROP",
        "-A ufw-before-input -p tcp --dport smtp -j DROP",
        "-A ufw-before-input -m comment --comment 'open -j DROP",
    ],
)
def test_what_ufw_has_not_loaded_yet_and_cuts_nothing_is_left_alone(enabled: UfwServer, line: str) -> None:
    write_unread(enabled, "before.rules", line)
    FirewallRule(port="8443", comment="another").apply()
    assert "allow tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in" in enabled.rules()


@pytest.mark.usefixtures("from_client")
def test_what_ufw_has_loaded_is_no_reason_to_refuse(enabled: UfwServer) -> None:
    write_unread(enabled, "before.rules", UNREAD["before.rules"])
    enabled.ufw("reload")
    FirewallRule(port="8443", comment="another").apply()
    assert "allow tcp 8443 0.0.0.0/0 any 0.0.0.0/0 in" in enabled.rules()
