"""Which ports of a server lead into the edge."""

from collections.abc import Sequence
from ipaddress import IPv6Address
from typing import NamedTuple

from infra.edge.static import inside
from infra.ingress.rules import Listener

_ANY_IPV6 = str(IPv6Address(0))


class Published(NamedTuple):
    """A port of the server that leads into the container."""

    internal: int
    external: int
    protocol: str
    address: str | None
    """Of the server; every IPv4 address of it when absent."""


def published(
    listeners: Sequence[Listener], internal_ports: Sequence[int], *, http3: bool, ipv6: bool
) -> list[Published]:
    """Return what the container publishes."""
    own = [(80, 80, "tcp"), (443, 443, "tcp"), *([(443, 443, "udp")] if http3 else [])]
    others = [
        (port, listener.port, "udp" if listener.protocol == "udp" else "tcp")
        for listener, port in inside(listeners, internal_ports).items()
    ]
    addresses = (None, _ANY_IPV6) if ipv6 else (None,)
    return [Published(*port, address) for port in sorted([*own, *others]) for address in addresses]
