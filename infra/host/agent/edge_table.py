"""The nftables table that decides what from outside reaches a container, as text and as the kernel has it.

Docker publishes ports past UFW, and on Debian 12 its DOCKER-USER chain does not see IPv6. A table of our own at the
forward hook holds for both, through `ufw reload` and restarts of Docker. It also holds for ports that are published on
the loopback, which a neighbour reaches by a route to the container's own address: from outside passes only what Docker
has redirected from a port that is let in.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from infra.host.agent import files, places
from infra.host.agent.commands import must, run
from infra.host.agent.kind import AgentError
from infra.host.agent.traffic import ANY, Traffic

BRIDGE = "br-"
"""How the name of a bridge begins that is a network of containers; any other interface leads outside."""
TABLE = ("inet", "slipway_edge")
"""Family and name of the table."""
_TEXT = """\
# Written by slipway from firewall.d; what is changed here is lost.
table {table}
delete table {table}
table {table} {{
\tchain forward {{
\t\ttype filter hook forward priority filter - 5; policy accept;
{rules}
\t}}
}}
"""
_SOURCE = {4: "ip", 6: "ip6"}
# Whatever is not known to lead inside leads outside: a second network card, or a later one, would let everything in.
_FIRST = (
    ('iifname { "lo", "docker0", "docker_gwbridge" } accept', "the server and Docker"),
    (f'iifname "{BRIDGE}*" accept', "networks of containers"),
    ('iifname "veth*" accept', "containers"),
    ("ct state established,related accept", "answers"),
    ("ct state invalid drop", "invalid packets"),
)
_LAST = (
    # Without ICMPv6 no IPv6 connection learns how large its packets may be.
    ("meta l4proto ipv6-icmp accept", "ICMPv6"),
    ('limit rate 3/minute burst 10 packets log prefix "[SLIPWAY BLOCK] "', "log"),
    ("drop", "everything else"),
)


class Admission(NamedTuple):
    """Traffic that is let through to containers."""

    traffic: Traffic
    comment: str


class Live(NamedTuple):
    """How the kernel's table compares with the one that was loaded."""

    missing: frozenset[str]
    """What is no longer there of what `names` gives."""
    problems: tuple[str, ...]
    """Everything else that differs."""


def render(admissions: Iterable[Admission]) -> str:
    """Return the file that `nft -f` loads; it replaces the table in one transaction.

    The table is declared before it is deleted, which succeeds whether it is there or not: `destroy`, which would, is
    newer than Debian 12.
    """
    rules = [
        *_FIRST,
        *((_match(admission.traffic), admission.comment) for admission in admissions),
        *_LAST,
    ]
    lines = "\n".join(f'\t\t{rule} comment "slipway: {comment}"' for rule, comment in rules)
    return _TEXT.format(table=" ".join(TABLE), rules=lines)


def names(admissions: Iterable[Admission]) -> list[str]:
    """Return what people call each rule of the table, in the order of `render`."""
    first, last = ([name for _, name in rules] for rules in (_FIRST, _LAST))
    return [*first, *(admission.traffic.label for admission in admissions), *last]


def load(text: str) -> None:
    """Load the table and keep it for the next boot; when it cannot be loaded, all stays as it was."""
    path = places.FIREWALL_TABLE
    former = path.read_bytes() if path.exists() else None
    files.write(path, text.encode(), mode=0o644)
    try:
        must(["nft", "-f", str(path)], finish=True)
    except AgentError:
        if former is None:
            path.unlink()
        else:
            files.write(path, former, mode=0o644)
        raise
    kept = json.dumps({"table": _sum(text), "listing": _listing()}, indent=1, sort_keys=True)
    files.write(places.FIREWALL_RECORDS / "table.json", kept.encode(), mode=0o600)


def is_kept(text: str) -> bool:
    """Return whether the next boot loads this table."""
    try:
        return places.FIREWALL_TABLE.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def unload() -> None:
    """Delete the table, its file and what is remembered of it."""
    for path in (places.FIREWALL_TABLE, places.FIREWALL_RECORDS / "table.json"):
        path.unlink(missing_ok=True)
    if _listing() is not None:
        must(["nft", "delete", "table", *TABLE], finish=True)


def compare(text: str, called: Sequence[str]) -> Live:
    """Return how the kernel's table differs from what it was when `text` was loaded.

    The kernel's own words are compared: those for one rule differ between versions of nftables.

    Args:
        text: the table as it should be.
        called: what its rules are called.
    """
    recorded, listing = _recorded(text), _listing()
    if listing is None:
        return Live(frozenset(), (f"the table {' '.join(TABLE)} is not loaded",))
    if recorded is None or len(_rules(recorded)) != len(called):
        return Live(frozenset(), (f"another table {' '.join(TABLE)} is loaded",))
    if listing == recorded:
        return Live(frozenset(), ())
    wanted = dict(zip(map(_text, _rules(recorded)), called, strict=True))
    found = _rules(listing)
    missing = frozenset(name for rule, name in wanted.items() if rule not in map(_text, found))
    problems = [f"{_described(rule)} (added)" for rule in found if _text(rule) not in wanted]
    if not missing and not problems:
        problems.append("the table's rules are in another order, or its hook is another")
    return Live(missing, tuple(problems))


def _match(traffic: Traffic) -> str:
    return " ".join(_conditions(traffic)) + " accept"


def _conditions(traffic: Traffic) -> Iterator[str]:
    if traffic.interface != ANY:
        yield f'iifname "{traffic.interface}"'
    if traffic.source != ANY:
        yield f"{_SOURCE[traffic.versions[0]]} saddr {traffic.source}"
    elif traffic.family != ANY:
        yield f"meta nfproto {traffic.family}"
    yield "meta l4proto { tcp, udp }" if traffic.protocol == ANY else f"meta l4proto {traffic.protocol}"
    # The port that was published, not the container's: only connections that Docker has redirected have one.
    yield f"ct status dnat ct original proto-dst {traffic.port.replace(':', '-')}"


def _listing() -> list[Any] | None:
    """Return the table as the kernel has it, without what differs from load to load (11 ms)."""
    result = run(["nft", "-j", "list", "table", *TABLE])
    if result.code != 0:
        return None
    return [_steady(each) for each in json.loads(result.output)["nftables"] if "metainfo" not in each]


def _steady(value: Any) -> Any:
    """Return a piece of a listing without handles, and with sets in one order."""
    if isinstance(value, Mapping):
        steady = {name: _steady(item) for name, item in value.items() if name != "handle"}
        if isinstance(steady.get("set"), list):
            steady["set"] = sorted(steady["set"], key=_text)
        return steady
    return [_steady(item) for item in value] if isinstance(value, list) else value


def _recorded(text: str) -> list[Any] | None:
    """Return the listing that was made when the text was loaded."""
    try:
        kept = json.loads((places.FIREWALL_RECORDS / "table.json").read_text())
        return list(kept["listing"]) if kept["table"] == _sum(text) else None
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return None


def _rules(listing: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [each["rule"] for each in listing if "rule" in each]


def _described(rule: Mapping[str, Any]) -> str:
    return str(rule.get("comment") or _text(rule.get("expr")))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _sum(text: str) -> str:
    return sha256(text.encode()).hexdigest()
