"""UFW's file of rules, as UFW 0.36 wrote it."""

import pytest

from infra.host.agent import ufw_rules, xtables
from infra.host.agent.traffic import Traffic
from infra.host.agent.ufw_rules import RulesFile

# Written by UFW's own code for `ufw_rules.allow` of TRAFFIC and for four commands of somebody else.
WRITTEN = """\
*filter
:ufw-user-input - [0:0]
:ufw-user-limit-accept - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=736c69707761793a2070656f706c65
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### allow tcp 5432 0.0.0.0/0 any 203.0.113.0/24 in comment=736c69707761793a206f6666696365
-A ufw-user-input -p tcp --dport 5432 -s 203.0.113.0/24 -j ACCEPT

### tuple ### allow udp 8000:8010 0.0.0.0/0 any 0.0.0.0/0 in_eth0 comment=736c69707761793a206d65646961
-A ufw-user-input -i eth0 -p udp -m multiport --dports 8000:8010 -j ACCEPT

### tuple ### allow any 53 0.0.0.0/0 any 0.0.0.0/0 in comment=736c69707761793a206e616d6573
-A ufw-user-input -p tcp --dport 53 -j ACCEPT
-A ufw-user-input -p udp --dport 53 -j ACCEPT

### tuple ### allow tcp 25 0.0.0.0/0 any 0.0.0.0/0 in comment=736c69707761793a206d61696c
-A ufw-user-input -p tcp --dport 25 -j ACCEPT

### tuple ### limit tcp 2200 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 2200 -m conntrack --ctstate NEW -m recent --set
-A ufw-user-input -p tcp --dport 2200 -m conntrack --ctstate NEW -m recent --update --seconds 30 -j ufw-user-limit
-A ufw-user-input -p tcp --dport 2200 -j ufw-user-limit-accept

### tuple ### deny any any 0.0.0.0/0 any 198.51.100.7 in
-A ufw-user-input -s 198.51.100.7 -j DROP

### tuple ### route:allow tcp 80 10.0.0.1 any 0.0.0.0/0 in
-A ufw-user-forward -p tcp -d 10.0.0.1 --dport 80 -j ACCEPT

### tuple ### allow any 53 0.0.0.0/0 any 0.0.0.0/0 out
-A ufw-user-output -p tcp --dport 53 -j ACCEPT
-A ufw-user-output -p udp --dport 53 -j ACCEPT

### END RULES ###

### LOGGING ###
-A ufw-after-logging-input -j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min --limit-burst 10
### END LOGGING ###
COMMIT
"""
TRAFFIC = (
    Traffic(port="22"),
    Traffic(port="5432", source="203.0.113.0/24"),
    Traffic(port="8000:8010", protocol="udp", interface="eth0"),
    Traffic(port="53", protocol="any"),
    Traffic(port="25", family="ipv4"),
)
# The file that UFW's package brings.
FRESH = """\
*filter
:ufw-user-input - [0:0]
### RULES ###
-A ufw-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "
-A ufw-user-limit -j REJECT
COMMIT
"""


def test_a_file_is_written_again_byte_for_byte() -> None:
    parsed = RulesFile.parse(WRITTEN)
    assert parsed.render(parsed.entries) == WRITTEN
    assert len(parsed.entries) == 9


@pytest.mark.parametrize("traffic", TRAFFIC)
def test_a_rule_is_found_by_what_it_lets_in_and_is_as_ufw_wrote_it(traffic: Traffic) -> None:
    entry = RulesFile.parse(WRITTEN).find(ufw_rules.words(traffic, 4))
    assert entry is not None
    assert entry.is_ours
    assert ufw_rules.is_intact(entry, traffic, 4)


def test_a_comment_is_read_and_what_is_not_ours_is_told() -> None:
    entries = RulesFile.parse(WRITTEN).entries
    assert entries[1].comment == "slipway: office"
    assert [entry.description for entry in entries if not entry.is_ours] == [
        "limit tcp 2200 from 0.0.0.0/0 to 0.0.0.0/0 in",
        "deny any any from 198.51.100.7 to 0.0.0.0/0 in",
        "route:allow tcp 80 from 0.0.0.0/0 to 10.0.0.1 in",
        "allow any 53 from 0.0.0.0/0 to 0.0.0.0/0 out",
    ]


def test_the_packages_file_has_neither_rules_nor_strays() -> None:
    parsed = RulesFile.parse(FRESH)
    assert (parsed.entries, parsed.strays) == ((), ())


def test_rules_in_another_order_keep_all_their_lines() -> None:
    parsed = RulesFile.parse(WRITTEN)
    turned = parsed.render(parsed.entries[::-1])
    assert sorted(turned.splitlines()) == sorted(WRITTEN.splitlines())
    assert [entry.words for entry in RulesFile.parse(turned).entries] == [each.words for each in parsed.entries[::-1]]


def test_a_rule_that_ufw_passes_over_is_told_as_it_stands() -> None:
    (entry,) = RulesFile.parse("### RULES ###\n\n### tuple ### allow 22 comment=zz\n\n### END RULES ###\n").entries
    assert entry.rule is None
    assert entry.description == "allow 22 # zz"


@pytest.mark.parametrize(
    ("written", "loaded"),
    [
        ("-p tcp --dport 22 -s 203.0.113.9 -j ACCEPT", "-s 203.0.113.9/32 -p tcp -m tcp --dport 22 -j ACCEPT"),
        ("-p tcp --dport 22 -s 2001:db8::5 -j ACCEPT", "-s 2001:db8::5/128 -p tcp -m tcp --dport 22 -j ACCEPT"),
        (
            '-j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min',
            '-m limit --limit 3/min -j LOG --log-prefix "[UFW BLOCK] "',
        ),
    ],
)
def test_a_rule_is_the_same_in_the_file_and_in_the_kernel(written: str, loaded: str) -> None:
    assert xtables.parse(f"-A chain {written}") == xtables.parse(f"-A chain {loaded}")


def test_a_negation_makes_another_rule() -> None:
    assert xtables.parse("-A chain ! -s 10.0.0.1 -j DROP") != xtables.parse("-A chain -s 10.0.0.1 -j DROP")
