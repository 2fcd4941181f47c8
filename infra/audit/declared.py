"""What may be open on a server, by its stack file."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.config.products import Product
from infra.config.servers import Server

Protocol = Literal["tcp", "udp"]
EDGE_PORTS = (80, 443)
"""What the edge publishes, to everyone."""
HTTP3_PORT = 443

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """Ports that may be open."""

    first: int
    last: int
    protocols: tuple[Protocol, ...]
    sources: tuple[_Network, ...] = ()
    """Who may reach them; empty for everyone."""
    interface: str | None = None

    def covers(self, port: int, protocol: Protocol, at: "Vista") -> bool:
        """Tell whether this is why a port is open."""
        return self.first <= port <= self.last and protocol in self.protocols and self._lets_in(at)

    def _lets_in(self, at: "Vista") -> bool:
        """Tell whether it is about a view; where a client's address is not known, it may be any."""
        if self.interface is not None and at.interface not in {self.interface, ""}:
            return False
        if not self.sources or not at.client:
            return True
        client = ipaddress.ip_address(at.client)
        return any(client in network for network in self.sources)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vista:
    """From where an address is looked at."""

    address: str
    interface: str
    """Of the server, that has the address; empty when it is not known."""
    client: str
    """Address that the server sees us come from; empty when it is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """All that may be open on a server."""

    admissions: tuple[Admission, ...]
    ipv6: bool

    def permits(self, port: int, protocol: Protocol, at: Vista) -> bool:
        """Tell whether a port may be open at an address, for who looks at it."""
        if ":" in at.address and not self.ipv6:
            return False
        return any(admission.covers(port, protocol, at) for admission in self.admissions)

    def expected(self, at: Vista) -> list[int]:
        """Return the single TCP ports that may be open at an address; of a range, not each needs a service."""
        singles = {one.first for one in self.admissions if one.first == one.last}
        return sorted(port for port in singles if self.permits(port, "tcp", at))

    @property
    def udp_ports(self) -> list[int]:
        """The single UDP ports that may be open."""
        return sorted({one.first for one in self.admissions if "udp" in one.protocols and one.first == one.last})


def declared(server: Server, *, edge: bool, http3: bool = False, products: Sequence[Product] = ()) -> Declared:
    """Return what may be open on a server.

    Args:
        server: its section in the stack file.
        edge: whether the stack has an edge.
        http3: whether that answers over HTTP/3.
        products: those that run on the server.
    """
    firewall = server.firewall
    quic = (Admission(first=HTTP3_PORT, last=HTTP3_PORT, protocols=("udp",)),) if edge and http3 else ()
    published = (admission for product in products for admission in _published(product))
    return Declared(
        admissions=(*_admissions(server, edge=edge), *quic, *published),
        ipv6=firewall.ipv6 if firewall else True,
    )


def _admissions(server: Server, *, edge: bool) -> Iterator[Admission]:
    firewall = server.firewall
    port = server.ssh.port
    yield Admission(first=port, last=port, protocols=("tcp",), sources=_networks(firewall.ssh_from if firewall else ()))
    for public in EDGE_PORTS if edge else ():
        yield Admission(first=public, last=public, protocols=("tcp",))
    for rule in firewall.rules if firewall else ():
        first, _, last = rule.port.partition(":")
        yield Admission(
            first=int(first),
            last=int(last or first),
            protocols=("tcp", "udp") if rule.protocol == "any" else (rule.protocol,),
            sources=_networks([rule.source] if rule.source else ()),
            interface=rule.interface,
        )


def _published(product: Product) -> Iterator[Admission]:
    """Yield the ports that the edge publishes for a product."""
    for ingress in product.ingress:
        if ingress.listen is not None:
            yield Admission(first=ingress.listen, last=ingress.listen, protocols=("tcp",))
    for port in product.ports:
        yield Admission(first=port.port, last=port.port, protocols=(port.protocol,), sources=_networks(port.allow))


def _networks(sources: Sequence[str]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(source) for source in sources)
