"""Firewall rules: what is let in, to a server by UFW's own files."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent.firewall_rule import FirewallRule
from infra.host.agent.kind import AgentError
from tests.integration.host.ufw_server import UfwServer

CLIENT = "198.51.100.7"


def rule(port: str = "22", comment: str = "SSH", **fields: Any) -> FirewallRule:
    return FirewallRule(port=port, comment=comment, **fields)


def test_a_rule_that_is_not_there_is_nothing(server: UfwServer) -> None:
    assert rule().read() is None
    assert server.commands() == []


def test_a_rule_is_let_in_by_both_ip_versions_and_says_what_it_is_for(server: UfwServer) -> None:
    rule().apply()
    assert server.commands() == ["allow proto tcp from any to any port 22 comment slipway: SSH"]
    assert rule().read() == {"comment": "SSH"}
    assert server.rules(4) == ["allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"]
    assert server.rules(6) == ["allow tcp 22 ::/0 any ::/0 in"]


@pytest.mark.parametrize(
    ("fields", "version", "wanted"),
    [
        ({"source": "203.0.113.0/24"}, 4, "allow tcp 22 0.0.0.0/0 any 203.0.113.0/24 in"),
        ({"source": "2001:db8::5"}, 6, "allow tcp 22 ::/0 any 2001:db8::5 in"),
        ({"interface": "eth1"}, 6, "allow tcp 22 ::/0 any ::/0 in_eth1"),
        ({"family": "ipv4"}, 4, "allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in"),
        ({"family": "ipv6"}, 6, "allow tcp 22 ::/0 any ::/0 in"),
        ({"protocol": "any"}, 4, "allow any 22 0.0.0.0/0 any 0.0.0.0/0 in"),
        ({"port": "8000:8010", "protocol": "udp"}, 6, "allow udp 8000:8010 ::/0 any ::/0 in"),
    ],
)
def test_a_rule_reads_back_as_it_was_made(server: UfwServer, fields: dict[str, str], version: int, wanted: str) -> None:
    made = rule(**fields)
    made.apply()
    assert made.read() == {"comment": "SSH"}
    assert server.rules(version) == [wanted]


def test_a_rule_for_one_ip_version_is_none_for_the_other(server: UfwServer) -> None:
    rule(family="ipv4").apply()
    assert server.rules(6) == []
    assert rule().read() == {"comment": "SSH", "family": "ipv4"}


def test_a_rule_is_for_ipv4_alone_where_ipv6_is_off(server: UfwServer) -> None:
    server.defaults.write_text(server.defaults.read_text().replace("IPV6=yes", "IPV6=no"))
    rule().apply()
    assert rule().read() == {"comment": "SSH"}


def test_a_rule_that_is_as_wanted_is_left_alone(server: UfwServer) -> None:
    rule().apply()
    rule().apply()
    assert len(server.commands()) == 1


def test_a_rule_somebody_made_is_taken_over_with_our_comment(server: UfwServer) -> None:
    server.ufw("allow", "proto", "tcp", "from", "any", "to", "any", "port", "22", "comment", "by hand")
    assert rule().read() == {"comment": "by hand"}
    rule().apply()
    assert rule().read() == {"comment": "SSH"}
    assert len(server.rules()) == 1


def test_a_rule_whose_action_was_changed_is_gone(server: UfwServer) -> None:
    rule().apply()
    path = server.etc / "user.rules"
    path.write_text(path.read_text().replace("### tuple ### allow", "### tuple ### deny"))
    assert rule().read() == {"comment": "SSH", "family": "ipv6"}


def test_what_is_loaded_at_boot_is_compared_and_not_only_what_ufw_shows(server: UfwServer) -> None:
    made = rule(source="203.0.113.0/24")
    made.apply()
    path = server.etc / "user.rules"
    path.write_text(path.read_text().replace(" -s 203.0.113.0/24 -j", " -j"))
    assert made.read() is None
    made.apply()
    assert made.read() == {"comment": "SSH"}
    assert "-s 203.0.113.0/24 -j ACCEPT" in path.read_text()


def test_removing_a_rule_deletes_exactly_it(server: UfwServer) -> None:
    other = rule(source="203.0.113.0/24")
    other.apply()
    rule().apply()
    rule().remove()
    assert rule().read() is None
    assert server.rules() == ["allow tcp 22 0.0.0.0/0 any 203.0.113.0/24 in"]


def test_a_rule_that_is_gone_already_is_removed_without_a_command(server: UfwServer) -> None:
    rule().remove()
    assert server.commands() == []


def test_the_rule_the_agent_came_by_is_not_removed(server: UfwServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rule().apply()
    rule("443", "web").apply()
    server.ufw("enable")
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 22")
    with pytest.raises(AgentError, match=rf"Missing is a rule for tcp 22 from {CLIENT}"):
        rule().remove()
    assert rule().read() == {"comment": "SSH"}
    rule("443", "web").remove()


def test_the_rule_the_agent_came_by_goes_once_another_lets_it_in(
    server: UfwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule().apply()
    server.ufw("enable")
    monkeypatch.setenv("SSH_CONNECTION", f"{CLIENT} 50000 192.0.2.1 22")
    rule(source="198.51.100.0/24").apply()
    rule().remove()
    assert server.chain("ufw-user-input") == ["-s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j ACCEPT"]


def test_without_ufw_there_is_a_sentence(tmp_path: Path, server: UfwServer) -> None:
    server.defaults.rename(tmp_path / "away")
    assert rule().read() is None
    with pytest.raises(AgentError, match=r"ufw is not installed on server\.test"):
        rule().apply()


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"port": "0"}, "port", "from 1 to 65535"),
        ({"port": "65536"}, "port", "from 1 to 65535"),
        ({"port": "1:70000"}, "port", "from 1 to 65535"),
        ({"port": "8010:8000"}, "port", "lower to a higher"),
        ({"port": "022"}, "port", "leading zeros"),
        ({"port": "ssh"}, "port", "must be a number"),
        ({"port": "8000:8010", "protocol": "any"}, "protocol", "tcp or udp"),
        ({"protocol": "icmp"}, "protocol", "tcp, udp or any"),
        ({"source": "203.0.113.0/33"}, "source", "must be an address"),
        ({"source": "203.0.113.5/24"}, "source", r"written 203\.0\.113\.0/24"),
        ({"source": "203.0.113.5/32"}, "source", r"written 203\.0\.113\.5,"),
        ({"source": "0.0.0.0/0"}, "source", "written any, with family ipv4"),
        ({"source": "2001:db8::/32", "family": "ipv4"}, "source", "is of IPv6, and the rule is for ipv4 only"),
        ({"source": "203.0.113.0/24", "family": "ipv6"}, "source", "is of IPv4, and the rule is for ipv6 only"),
        ({"source": "203.0.113.0/24", "family": "ipv4"}, "source", "with family any"),
        ({"family": "both"}, "family", "ipv4, ipv6 or any"),
        ({"interface": "eth0 ; drop"}, "interface", "name of a network interface"),
        ({"interface": "a-name-of-16-chars"}, "interface", "name of a network interface"),
        ({"target": "somewhere"}, "target", "host or forwarded"),
        ({"comment": ""}, "comment", "what the rule is for"),
        ({"comment": "it's ours"}, "comment", "without quotes"),
        ({"comment": "two\nlines"}, "comment", "one line"),
        ({"comment": "x" * 101}, "comment", "at most 100 bytes"),
    ],
)
def test_what_no_firewall_takes_is_a_mistake(fields: dict[str, str], field: str, text: str) -> None:
    (found,) = FirewallRule(**{"port": "22", "comment": "SSH", **fields}).mistakes()
    assert found[0] == field
    assert re.search(text, found[1])


def test_a_rule_without_mistakes_has_none() -> None:
    for fields in ({}, {"source": "2001:db8::/32", "interface": "eth0.100"}, {"port": "1:65535"}, {"family": "ipv6"}):
        assert not list(FirewallRule(**{"port": "22", "comment": "SSH", **fields}).mistakes())


def test_rules_are_told_apart_by_their_traffic() -> None:
    assert rule(source="203.0.113.0/24", interface="eth0").identity() == "host tcp 22 from 203.0.113.0/24 on eth0"
    assert rule(family="ipv4").label() == "FirewallRule host tcp 22 from any (ipv4)"


def test_the_rescue_loads_ufw_as_it_was_saved_even_where_it_had_been_disabled(server: UfwServer) -> None:
    rescue = rule().rescue()
    assert {str(server.etc / name) for name in ("ufw.conf", "user.rules", "user6.rules")} < {*rescue.files}
    assert str(server.defaults) in rescue.files
    assert [command[1:] for command in rescue.reload] == [("force-stop",), ("start",)]
