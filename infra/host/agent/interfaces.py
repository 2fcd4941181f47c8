"""Which network interfaces lead outside."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.,=%@-]{1,15}")
"""The kernel's limit, and the characters that UFW takes; its wildcard `+` is part of no name."""
_REJECTS = 0x200
"""Flag of a route that leads nowhere (RTF_REJECT)."""


def external(configured: Iterable[str]) -> list[str]:
    """Return the given interfaces and those of the default routes of IPv4 and IPv6, sorted.

    Raises:
        AgentError: when there is none: a firewall for no interface would let everything in.
    """
    found = sorted({*configured, *_default_ipv4(), *_default_ipv6()})
    if not found:
        message = f"{current().host} has no default route: name its external interfaces"
        raise AgentError(message)
    return found


def _default_ipv4() -> Iterator[str]:
    """Yield the interfaces of IPv4 default routes."""
    for row in _rows(places.PROC / "net" / "route", columns=8):
        name, destination, _, flags, *_, mask = row[:8]
        if int(destination, 16) == 0 and int(mask, 16) == 0 and not int(flags, 16) & _REJECTS:
            yield name


def _default_ipv6() -> Iterator[str]:
    """Yield the interfaces of IPv6 default routes; the kernel keeps one that rejects on the loopback."""
    for row in _rows(places.PROC / "net" / "ipv6_route", columns=10):
        destination, length, *_, flags, name = row
        if int(destination, 16) == 0 and int(length, 16) == 0 and not int(flags, 16) & _REJECTS:
            yield name


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        row = line.split()
        if len(row) >= columns and row[0] != "Iface":
            yield row
