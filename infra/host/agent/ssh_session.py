"""The SSH connection that the agent came by."""

import os
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from infra.host.agent import places

_VARIABLE = "SSH_CONNECTION"
_INIT = 1


class SshSession(NamedTuple):
    """Both ends of the connection, as the server sees them."""

    client: IPv4Address | IPv6Address
    server: IPv4Address | IPv6Address
    port: int
    """Port of the server."""


def in_use() -> SshSession | None:
    """Return the connection, or nothing when the agent was started in another way.

    sudo keeps the variable from the agent, so it is looked for in the processes that started it, too.
    """
    text = os.environ.get(_VARIABLE) or _of_ancestors(os.getppid())
    words = (text or "").split()
    try:
        client, _, server, port = words
        return SshSession(_address(client), _address(server), int(port))
    except ValueError:
        return None


def _of_ancestors(process: int) -> str | None:
    """Return the variable of the nearest process above that has it."""
    while process > _INIT:
        folder = places.PROC / str(process)
        try:
            entries = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
            status = (folder / "status").read_text()
        except OSError:
            return None
        if found := next((entry for entry in entries if entry.startswith(f"{_VARIABLE}=")), None):
            return found.partition("=")[2]
        process = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:")), 0)
    return None


def _address(text: str) -> IPv4Address | IPv6Address:
    """Return an address without its zone, as IPv4 where it is that in IPv6's clothes."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
