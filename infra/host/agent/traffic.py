"""Which packets a firewall rule lets in: the same words for UFW, for the container firewall and for people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Self

ANY = "any"
FAMILIES = {ANY: (4, 6), "ipv4": (4,), "ipv6": (6,)}
"""Family to the IP versions it stands for."""
PROTOCOLS = ("tcp", "udp", ANY)
_EVERYWHERE = {"0.0.0.0/0": "ipv4", "::/0": "ipv6"}
_LARGEST_PORT = 65535
_PORT = re.compile(r"[0-9]+(:[0-9]+)?")
_INTERFACE = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.,=%@-]{1,15}")
"""The kernel's limit, and the characters that UFW takes; its wildcard `+` is part of no name."""
_LABEL = re.compile(
    r"(?P<protocol>\S+) (?P<port>\S+) from (?P<source>\S+)(?: on (?P<interface>\S+))?(?: \((?P<family>\S+)\))?"
)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """New connections to a port; without mistakes it is in normal form, so that what means the same is equal."""

    port: str
    protocol: str = "tcp"
    source: str = ANY
    interface: str = ANY
    family: str = ANY

    @classmethod
    def parse(cls, label: str) -> Self | None:
        """Return the traffic that has this label, or nothing when it is none."""
        match = _LABEL.fullmatch(label)
        if match is None:
            return None
        found = cls(**{name: value for name, value in match.groupdict().items() if value})
        return found if found.label == label and not list(found.mistakes()) else None

    @property
    def label(self) -> str:
        """What people call it, as in `tcp 22 from 203.0.113.0/24 on eth0`; equal for equal traffic only."""
        where = "" if self.interface == ANY else f" on {self.interface}"
        family = "" if self.family == ANY else f" ({self.family})"
        return f"{self.protocol} {self.port} from {self.source}{where}{family}"

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions it can come by."""
        return FAMILIES[self.family] if self.source == ANY else (ip_network(self.source).version,)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield `(field, what is wrong with it)` for what no firewall can take, or is not in normal form."""
        yield from _port_mistakes(self.port, self.protocol)
        if self.protocol not in PROTOCOLS:
            yield "protocol", "must be tcp, udp or any"
        if self.family not in FAMILIES:
            yield "family", "must be ipv4, ipv6 or any"
        elif self.source != ANY:
            yield from _source_mistakes(self.source, self.family)
        if not _INTERFACE.fullmatch(self.interface):
            yield "interface", "must be the name of a network interface, as in `eth0`, or any"


def normal_source(source: str, family: str = ANY) -> tuple[str, str]:
    """Return source and family in normal form, as far as they are without mistakes."""
    if source in _EVERYWHERE and family in {ANY, _EVERYWHERE[source]}:
        return ANY, _EVERYWHERE[source]
    try:
        network = ip_network(source)
    except ValueError:
        return source, family
    # UFW writes a single address without its length.
    normal = str(network.network_address) if network.num_addresses == 1 else str(network)
    return normal, ANY if family == f"ipv{network.version}" else family


def _port_mistakes(port: str, protocol: str) -> Iterator[tuple[str, str]]:
    if not _PORT.fullmatch(port):
        yield "port", "must be a number, or a range as in `8000:8010`"
        return
    ends = [int(end) for end in port.split(":")]
    if not all(1 <= end <= _LARGEST_PORT for end in ends):
        yield "port", "must be from 1 to 65535"
    elif port != ":".join(map(str, ends)):
        yield "port", "must be written without leading zeros"
    elif len(ends) > 1 and ends[0] >= ends[1]:
        yield "port", "must be a range from a lower to a higher port"
    elif len(ends) > 1 and protocol == ANY:
        yield "protocol", "must be tcp or udp where a range of ports is let in"


def _source_mistakes(source: str, family: str) -> Iterator[tuple[str, str]]:
    try:
        network = ip_network(source, strict=False)
    except ValueError:
        yield "source", "must be an address, a network as in `203.0.113.0/24`, or any"
        return
    if network.version not in FAMILIES[family]:
        yield "source", f"is of IPv{network.version}, and the rule is for {family} only"
    elif normal_source(str(network), family) != (source, family):
        normal, follows = normal_source(str(network), family)
        yield "source", f"must be written {normal}, with family {follows}"
