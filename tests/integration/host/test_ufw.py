"""UFW: settings, rules and kernel as they really are."""

from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import ufw_state
from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.kind import AgentError
from tests.integration.host.ufw_server import RULES, UfwServer, declare, drift, ufw
from tests.integration.host.ufw_standin import SAVING


def test_ufw_is_enabled_after_its_rules_are_there_and_reads_back_as_wanted(server: UfwServer) -> None:
    declare()
    assert ufw().mistakes() is not None
    assert drift() == {"enabled": False, "sysctls": True}
    ufw().apply()
    assert drift() == {}
    assert server.commands()[-1] == "--force enable"
    assert server.kernel["4"]["policies"] == {"INPUT": "DROP", "FORWARD": "DROP", "OUTPUT": "ACCEPT"}


def test_ufw_that_is_not_installed_is_nothing(tmp_path: Path, server: UfwServer) -> None:
    server.defaults.rename(tmp_path / "away")
    assert ufw().read() is None
    with pytest.raises(AgentError, match="ufw is not installed"):
        ufw().apply()


def test_reading_asks_neither_ufw_nor_anything_but_the_kernel(enabled: UfwServer) -> None:
    ufw().read()
    assert enabled.commands() == []


def test_ufw_that_is_as_wanted_is_left_alone(enabled: UfwServer) -> None:
    ufw().apply()
    assert enabled.commands() == []


def test_kernel_settings_stay_those_of_the_system(enabled: UfwServer) -> None:
    text = enabled.defaults.read_text()
    assert "\nIPT_SYSCTL=\n" in text
    assert text.startswith("# /etc/default/ufw\n"), "the rest of the file stays"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('INPUT_POLICY="DROP"', 'INPUT_POLICY="ACCEPT"', {"incoming": "allow, and DROP in the kernel"}),
        ('FORWARD_POLICY="DROP"', 'FORWARD_POLICY="REJECT"', {"routed": "reject"}),
        ('OUTPUT_POLICY="ACCEPT"', 'OUTPUT_POLICY="DROP"', {"outgoing": "deny, and ACCEPT in the kernel"}),
        ("IPT_SYSCTL=", "IPT_SYSCTL=/etc/ufw/sysctl.conf", {"sysctls": True}),
    ],
)
def test_a_changed_setting_is_shown_and_healed(
    enabled: UfwServer, before: str, after: str, found: dict[str, Any]
) -> None:
    enabled.defaults.write_text(enabled.defaults.read_text().replace(before, after))
    assert drift() == found
    ufw().apply()
    assert drift() == {}


def test_a_disabled_ufw_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.ufw("disable")
    assert drift() == {"enabled": False}
    ufw().apply()
    assert drift() == {}
    assert enabled.chain("ufw-user-input")


def test_another_log_level_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.ufw("logging", "off")
    assert drift()["logging"] == "off"
    ufw().apply()
    assert drift() == {}


def test_a_policy_changed_in_the_kernel_alone_is_shown_and_healed(enabled: UfwServer) -> None:
    kernel = enabled.kernel
    kernel["6"]["policies"]["INPUT"] = "ACCEPT"
    enabled.kernel = kernel
    assert drift() == {"incoming": "deny, and ACCEPT/DROP in the kernel"}
    ufw().apply()
    assert drift() == {}


def test_a_rule_deleted_from_the_kernel_alone_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.tamper("ufw6-user-input", [], version=6)
    assert drift()["rules"] == (
        "tcp 22 from any (not let in by IPv6)",
        RULES[1],
        "-A ufw6-user-input -p tcp --dport 22 -j ACCEPT (not loaded)",
    )
    ufw().apply()
    assert drift() == {}


def test_a_rule_added_to_the_kernel_alone_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.tamper("ufw-user-input", ["-p tcp -m tcp --dport 9 -j ACCEPT", *enabled.chain("ufw-user-input")])
    assert drift()["rules"][2:] == ("-A ufw-user-input -p tcp -m tcp --dport 9 -j ACCEPT (not in UFW's file)",)
    ufw().apply()
    assert drift() == {}


def test_rules_reordered_in_the_kernel_alone_are_shown_and_healed(enabled: UfwServer) -> None:
    enabled.tamper("ufw-user-input", enabled.chain("ufw-user-input")[::-1])
    assert drift()["rules"][2:] == ("ufw-user-input is in another order than UFW's file",)
    ufw().apply()
    assert drift() == {}


def test_rules_reordered_in_the_file_are_shown_and_healed(enabled: UfwServer) -> None:
    enabled.ufw("delete", "allow", "proto", "tcp", "from", "any", "to", "any", "port", "22")
    FirewallRule(port="22", comment="SSH").apply()
    assert drift()["rules"] == (*RULES, "the rules for IPv4 are in another order")
    ufw().apply()
    assert drift() == {}
    assert [rule.split()[2] for rule in enabled.rules()] == ["22", "443"]


def test_a_rule_added_to_one_of_ufws_own_chains_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.tamper("ufw-before-input", [*enabled.chain("ufw-before-input"), "-j ACCEPT"])
    assert drift()["rules"][2:] == ("-A ufw-before-input -j ACCEPT (added)",)
    ufw().apply()
    assert drift() == {}


def test_a_chain_that_no_longer_leads_to_ufw_is_shown_and_healed(enabled: UfwServer) -> None:
    enabled.tamper("INPUT", [rule for rule in enabled.chain("INPUT") if "ufw-before-input" not in rule])
    assert drift()["rules"][2:] == ("-A INPUT -j ufw-before-input (removed)",)
    ufw().apply()
    assert drift() == {}
    assert enabled.chain("INPUT")[1] == "-j ufw-before-input"


def test_a_rule_that_is_declared_no_longer_goes(enabled: UfwServer) -> None:
    less = ufw(rules=RULES[:1])
    assert drift(less)["rules"][1:] == (
        "allow tcp 443 from 203.0.113.0/24 to 0.0.0.0/0 in # slipway: office (not declared)",
    )
    less.apply()
    assert drift(less) == {}
    assert len(enabled.rules()) == 1


def test_a_rule_of_somebody_else_is_listed_and_left_alone(enabled: UfwServer) -> None:
    enabled.ufw("allow", "proto", "tcp", "from", "any", "to", "any", "port", "8080", "comment", "test")
    found = ufw().read() or {}
    assert drift() == {}
    assert found["undeclared"] == [
        "allow tcp 8080 from 0.0.0.0/0 to 0.0.0.0/0 in # test",
        "allow tcp 8080 from ::/0 to ::/0 in # test",
    ]
    ufw(logging="medium").apply()
    assert len(enabled.rules()) == 3


def test_a_rule_of_somebody_else_keeps_its_place_among_ours(enabled: UfwServer) -> None:
    enabled.ufw("allow", "proto", "tcp", "from", "any", "to", "any", "port", "8080", "comment", "test")
    ufw(rules=RULES[::-1]).apply()
    assert [rule.split()[2] for rule in enabled.rules()] == ["443", "22", "8080"]


def test_everything_undeclared_goes_where_the_firewall_is_exclusive(enabled: UfwServer) -> None:
    enabled.ufw("allow", "proto", "tcp", "from", "any", "to", "any", "port", "8080", "comment", "test")
    enabled.tamper("INPUT", ["-p tcp -m tcp --dport 9 -j ACCEPT", *enabled.chain("INPUT")])
    own = enabled.etc / "before.rules"
    own.write_text(own.read_text().replace("COMMIT", "-A ufw-before-input -p tcp --dport 7 -j ACCEPT\nCOMMIT"))
    assert drift(ufw(exclusive=True))["exclusive"] is False
    assert (ufw(exclusive=True).read() or {})["undeclared"] == [
        "allow tcp 8080 from 0.0.0.0/0 to 0.0.0.0/0 in # test",
        "before.rules: -A ufw-before-input -p tcp --dport 7 -j ACCEPT",
        "allow tcp 8080 from ::/0 to ::/0 in # test",
        "iptables -A INPUT -p tcp -m tcp --dport 9 -j ACCEPT",
    ]
    ufw(exclusive=True).apply()
    assert drift(ufw(exclusive=True)) == {}
    assert (ufw(exclusive=True).read() or {})["undeclared"] == []
    assert len(enabled.rules()) == 2


def test_a_line_that_only_a_boot_would_load_is_listed(enabled: UfwServer) -> None:
    path = enabled.etc / "user.rules"
    line = "-A ufw-user-input -p tcp --dport 9 -j ACCEPT"
    path.write_text(path.read_text().replace("### RULES ###\n", f"### RULES ###\n{line}\n"))
    assert (ufw().read() or {})["undeclared"] == [f"user.rules: {line}"]
    ufw(exclusive=True).apply()
    assert line not in path.read_text()


def test_rules_get_their_ipv6_half_when_ipv6_is_turned_on(server: UfwServer) -> None:
    server.defaults.write_text(server.defaults.read_text().replace("IPV6=yes", "IPV6=no"))
    declare()
    FirewallRule(port="25", family="ipv4", comment="mail").apply()
    wanted = ufw(rules=(*RULES, "tcp 25 from any (ipv4)"))
    wanted.apply()
    assert drift(wanted) == {}
    assert server.rules(6) == ["allow tcp 22 ::/0 any ::/0 in"]


@pytest.mark.parametrize(("before", "after"), [("any", "ipv4"), ("ipv4", "any")])
def test_a_rule_replaced_by_one_for_other_ip_versions_keeps_what_both_let_in(
    server: UfwServer, before: str, after: str
) -> None:
    former, new = (FirewallRule(port="22", comment="SSH", family=family) for family in (before, after))
    former.apply()
    ufw(rules=(former.identity().removeprefix("host "),)).apply()
    new.apply()
    wanted = ufw(rules=(new.identity().removeprefix("host "),))
    wanted.apply()
    former.remove()
    assert drift(wanted) == {}
    assert server.rules(4) == ["allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"]
    assert server.rules(6) == (["allow tcp 22 ::/0 any ::/0 in"] if after == "any" else [])


def test_a_rule_is_removed_for_the_ip_version_that_no_other_needs(server: UfwServer) -> None:
    for family in ("any", "ipv4"):
        FirewallRule(port="22", comment="SSH", family=family).apply()
    ufw(rules=("tcp 22 from any", "tcp 22 from any (ipv4)")).apply()
    FirewallRule(port="22", comment="SSH").remove()
    assert server.rules(4) == ["allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"]
    assert server.rules(6) == []


def test_ufw_without_ipv6_has_no_rules_for_it(server: UfwServer) -> None:
    declare()
    ufw(ipv6=False).apply()
    assert drift(ufw(ipv6=False)) == {}
    assert "IPV6=no" in server.defaults.read_text()


def test_removing_ufw_disables_it_and_keeps_its_rules(enabled: UfwServer) -> None:
    ufw().remove()
    assert enabled.commands() == ["disable"]
    assert len(enabled.rules()) == 2
    assert not ufw_state.record_path().exists()
    ufw().remove()
    assert enabled.commands() == ["disable"]


def test_a_ufw_that_was_enabled_before_us_stays_so(server: UfwServer) -> None:
    server.ufw("--force", "enable")
    declare()
    for _ in range(2):
        ufw().apply()
    server.log.write_text("")
    ufw().remove()
    assert server.commands() == []
    assert server.kernel["4"]["policies"]["INPUT"] == "DROP"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"incoming": "drop"}, "incoming"),
        ({"routed": ""}, "routed"),
        ({"logging": "loud"}, "logging"),
        ({"rules": ("ssh",)}, "rules"),
        ({"rules": ("tcp 0 from any",)}, "rules"),
        ({"rules": ("tcp 22 from 2001:db8::/32",), "ipv6": False}, "rules"),
    ],
)
def test_what_ufw_cannot_be_is_a_mistake(fields: dict[str, Any], field: str) -> None:
    assert [name for name, _ in ufw(**fields).mistakes()] == [field]


def test_a_ufw_without_mistakes_has_none() -> None:
    assert list(ufw().mistakes()) == []


def test_the_rescue_saves_every_file_that_a_change_can_touch(server: UfwServer) -> None:
    saved = {*ufw(exclusive=True).rescue().files}
    kernel = {"kernel.json", *SAVING.values()}
    before = {path: path.read_bytes() for path in server.folder.rglob("*") if path.is_file()}
    declare()
    ufw(exclusive=True, logging="high").apply()
    changed = {
        str(path)
        for path in server.folder.rglob("*")
        if path.is_file() and path.name not in kernel and before.get(path) != path.read_bytes()
    }
    assert changed
    assert changed <= saved
