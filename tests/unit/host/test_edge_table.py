"""The table that decides what from outside reaches a container, as text."""

from infra.host.agent import edge_table
from infra.host.agent.edge_table import Admission
from infra.host.agent.traffic import Traffic

ADMISSIONS = [
    Admission(Traffic(port="80", protocol="tcp"), "edge"),
    Admission(Traffic(port="443", protocol="any"), "edge"),
    Admission(Traffic(port="8000:8010", source="203.0.113.0/24"), "office"),
    Admission(Traffic(port="53", protocol="udp", source="2001:db8::/32", interface="ens6"), "names"),
    Admission(Traffic(port="25", family="ipv4"), "mail"),
]
WRITTEN = (
    "# Written by slipway from firewall.d; what is changed here is lost.\n"
    "table inet slipway_edge\n"
    "delete table inet slipway_edge\n"
    "table inet slipway_edge {\n"
    "\tchain forward {\n"
    "\t\ttype filter hook forward priority filter - 5; policy accept;\n"
    '\t\tiifname { "lo", "docker0", "docker_gwbridge" } accept comment "slipway: the server and Docker"\n'
    '\t\tiifname "br-*" accept comment "slipway: networks of containers"\n'
    '\t\tiifname "veth*" accept comment "slipway: containers"\n'
    '\t\tct state established,related accept comment "slipway: answers"\n'
    '\t\tct state invalid drop comment "slipway: invalid packets"\n'
    '\t\tmeta l4proto tcp ct status dnat ct original proto-dst 80 accept comment "slipway: edge"\n'
    '\t\tmeta l4proto { tcp, udp } ct status dnat ct original proto-dst 443 accept comment "slipway: edge"\n'
    "\t\tip saddr 203.0.113.0/24 meta l4proto tcp ct status dnat ct original proto-dst 8000-8010 accept "
    'comment "slipway: office"\n'
    '\t\tiifname "ens6" ip6 saddr 2001:db8::/32 meta l4proto udp ct status dnat ct original proto-dst 53 accept '
    'comment "slipway: names"\n'
    "\t\tmeta nfproto ipv4 meta l4proto tcp ct status dnat ct original proto-dst 25 accept "
    'comment "slipway: mail"\n'
    '\t\tmeta l4proto ipv6-icmp accept comment "slipway: ICMPv6"\n'
    '\t\tlimit rate 3/minute burst 10 packets log prefix "[SLIPWAY BLOCK] " comment "slipway: log"\n'
    '\t\tdrop comment "slipway: everything else"\n'
    "\t}\n"
    "}\n"
)


def test_the_table_is_as_proven() -> None:
    assert edge_table.render(ADMISSIONS) == WRITTEN


def test_every_rule_of_the_table_has_a_name() -> None:
    rules = [line for line in WRITTEN.splitlines() if ' comment "slipway: ' in line]
    names = edge_table.names(ADMISSIONS)
    assert len(names) == len(rules)
    assert names[5:7] == ["tcp 80 from any", "any 443 from any"]
