"""The component: what it declares for a server, and in which order."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from infra.firewall import Firewall, FirewallArgs, Rule
from infra.host.agent.kind import Kind, kinds
from infra.host.plugin import bootstrap, checking
from infra.host.resources import Provider
from infra.host.ssh import Connection
from tests.harness import Registered, one, render

EDGE = tuple(Rule(port=port, comment="edge", target="forwarded") for port in (80, 443))
KINDS: dict[str, type[Kind]] = kinds(bootstrap.agent_modules())


def declared(rules: Sequence[Rule] = EDGE, **fields: Any) -> list[Registered]:
    """Return what is registered for a server."""

    def program() -> None:
        provider = Provider("main", connection=Connection(host="server.test"))
        Firewall("main", FirewallArgs(provider=provider, rules=rules, **fields))

    return [each for each in render(program) if not each.type.startswith("pulumi:providers:")]


def of(registered: Sequence[Registered], kind: str) -> list[Registered]:
    return [each for each in registered if each.type == f"host:index:{kind}"]


def before(registered: Sequence[Registered], name: str) -> set[str]:
    """Return everything that has to be there before a resource."""
    dependencies = {each.name: each.dependencies for each in registered}
    found: set[str] = set()
    pending = {name}
    while pending:
        pending = {other for each in pending for other in dependencies[each]} - found
        found |= pending
    return found


def test_ssh_is_let_in_from_everywhere_unless_it_is_limited() -> None:
    (everyone,) = of(declared(()), "FirewallRule")
    assert (everyone.inputs["port"], everyone.inputs["source"], everyone.inputs["target"]) == ("22", "any", "host")
    limited = of(declared((), ssh_from=["203.0.113.0/24", "2001:db8::1"], ssh_port=2222), "FirewallRule")
    assert {(each.inputs["port"], each.inputs["source"]) for each in limited} == {
        ("2222", "203.0.113.0/24"),
        ("2222", "2001:db8::1"),
    }


def test_ufw_is_enabled_after_every_rule_for_the_server() -> None:
    registered = declared([*EDGE, Rule(port=51820, protocol="udp", comment="tunnel")])
    rules = {each.name for each in of(registered, "FirewallRule") if each.inputs["target"] == "host"}
    assert len(rules) == 2
    assert rules <= before(registered, "main-ufw")
    assert "main-ufw" in before(registered, "main-ufw-service")


def test_the_container_firewall_is_loaded_after_every_forwarded_rule_and_at_each_boot() -> None:
    registered = declared()
    rules = {each.name for each in of(registered, "FirewallRule") if each.inputs["target"] == "forwarded"}
    assert len(rules) == 2
    assert rules <= before(registered, "main-containers")
    assert "main-containers" in before(registered, "main-boot")
    assert one(registered, "host:index:Unit", "main-boot").inputs["name"] == "slipway-firewall.service"


def test_ufw_and_the_container_firewall_know_what_is_declared() -> None:
    registered = declared([*EDGE, Rule(port="8000:8010", source="10.0.0.7/32", interface="eth1", comment="media")])
    assert one(registered, "host:index:Ufw").inputs["rules"] == [
        "tcp 22 from any",
        "tcp 8000:8010 from 10.0.0.7 on eth1",
    ]
    assert one(registered, "host:index:ContainerFirewall").inputs["rules"] == ["tcp 80 from any", "tcp 443 from any"]


def test_every_input_is_one_that_the_agent_accepts() -> None:
    registered = declared([*EDGE, Rule(port=53, protocol="any", source="0.0.0.0/0", comment="names")])
    resources = [each for each in registered if each.type.startswith("host:index:")]
    assert {each.type.rpartition(":")[2] for each in resources} == {
        "ContainerFirewall",
        "File",
        "FirewallRule",
        "Package",
        "Ufw",
        "Unit",
    }
    for each in resources:
        checking.check(KINDS[each.type.rpartition(":")[2]], each.inputs)


def test_nothing_is_let_in_by_ipv6_where_it_is_off() -> None:
    registered = declared([*EDGE, Rule(port=25, source="203.0.113.0/24", comment="mail")], ipv6=False)
    assert one(registered, "host:index:Ufw").inputs["ipv6"] is False
    assert {each.inputs["family"] for each in of(registered, "FirewallRule") if each.inputs["source"] == "any"} == {
        "ipv4"
    }
    mail = next(each for each in of(registered, "FirewallRule") if each.inputs["port"] == "25")
    checking.check(KINDS["FirewallRule"], mail.inputs)


def test_an_ipv6_source_is_a_mistake_where_ipv6_is_off() -> None:
    registered = declared([Rule(port=25, source="2001:db8::/32", comment="mail")], ipv6=False)
    wrong = next(each for each in of(registered, "FirewallRule") if each.inputs["port"] == "25")
    kind = KINDS["FirewallRule"].from_wire(wrong.inputs)
    assert list(kind.mistakes()) == [("source", "is of IPv6, and the rule is for ipv4 only")]


@pytest.mark.parametrize(
    "other",
    [
        Rule(port="443", comment="other", target="forwarded"),
        Rule(port=443, comment="other", source="any", interface="any", target="forwarded"),
    ],
)
def test_a_rule_declared_twice_with_different_comments_is_refused(other: Rule) -> None:
    with pytest.raises(pulumi.RunError, match=r"tcp 443 from any \(forwarded\), as `edge` and as `other`"):
        declared([*EDGE, other])


def test_a_rule_for_everyone_and_one_for_everyone_by_ipv6_need_one_comment() -> None:
    rules = [Rule(port=443, comment="edge", source="::/0"), Rule(port=443, comment="other")]
    with pytest.raises(pulumi.RunError, match=r"tcp 443 from any \(host\), as `edge` and as `other`"):
        declared(rules)
    declared([Rule(port=443, comment="edge", source="::/0"), Rule(port=443, comment="other", source="203.0.113.9")])


def test_the_same_source_written_in_two_ways_is_one_rule() -> None:
    rules = [Rule(port=25, source=source, comment="mail") for source in ("203.0.113.9", "203.0.113.9/32")]
    assert len(of(declared(rules), "FirewallRule")) == 2, "one for SSH and one for mail"


def test_a_port_of_the_server_and_one_of_a_container_are_two_rules() -> None:
    rules = [Rule(port=443, comment="a"), Rule(port=443, comment="b", target="forwarded")]
    assert len(of(declared(rules), "FirewallRule")) == 3


def test_the_unit_that_flushes_everybodys_rules_is_off_and_harmless_before_it_is_stopped() -> None:
    registered = declared()
    unit = one(registered, "host:index:Unit", "main-nftables-service")
    assert (unit.inputs["name"], unit.inputs["enabled"], unit.inputs["active"]) == ("nftables.service", False, False)
    assert "main-nftables-stop" in before(registered, "main-nftables-service")
    assert "main-nftables-service" in before(registered, "main-containers") & before(registered, "main-ufw")


def test_fail2ban_has_its_files_before_it_first_starts() -> None:
    registered = declared()
    assert {"main-fail2ban-jail", "main-fail2ban-action", "main-python3-systemd"} <= before(registered, "main-fail2ban")
    unit = one(registered, "host:index:Unit", "main-fail2ban-service")
    assert {*unit.inputs["restartOn"]} == {"/etc/fail2ban/action.d/slipway.conf", "/etc/fail2ban/jail.d/slipway.local"}


def test_who_may_sign_in_is_never_banned() -> None:
    registered = declared((), ssh_from=["203.0.113.0/24"], never_banned=["198.51.100.0/24"])
    jail = one(registered, "host:index:File", "main-fail2ban-jail").inputs["content"]
    assert "ignoreip = 127.0.0.0/8 ::1 203.0.113.0/24 198.51.100.0/24\n" in jail


def test_packages_outlive_the_firewall_because_they_may_have_been_there_before() -> None:
    assert [each.name for each in of(declared(), "Package") if not each.retain_on_delete] == []


def test_the_rules_for_ssh_outlive_the_firewall_and_no_others_do() -> None:
    rules = of(declared([*EDGE, Rule(port=25, comment="mail")], ssh_from=["203.0.113.0/24"]), "FirewallRule")
    assert [each.inputs["port"] for each in rules if each.retain_on_delete] == ["22"]


def test_everything_belongs_to_the_component_and_what_others_declared_stays_by_default() -> None:
    registered = declared()
    component = one(registered, "slipway:firewall:Firewall")
    assert {each.parent for each in registered if each is not component} == {"main"}
    assert one(registered, "host:index:Ufw").inputs["exclusive"] is False
