"""By which way this machine reaches a server: straight or through a bastion, and whether it is let in there."""

import ipaddress
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.host.ssh import Connection, ssh_options

PATIENCE_SECONDS: Final = 30
GUIDE: Final = "docs/runners.md has the ways in"
NONE: Final = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How OpenSSH would go."""

    bastion: str = ""
    """Host or command it goes through, by its own configuration; empty for none."""
    source: str = ""
    """Address of this machine that it would go from; empty where that is not known, or is the bastion's."""

    def passed(self) -> str:
        """Return what to say of a sign-in that worked."""
        return f", by way of {self.bastion}" if self.bastion else ""

    def missed(self, ssh_from: Sequence[str]) -> str:
        """Return what to say of a server that did not answer.

        Args:
            ssh_from: who may sign in, as the stack file has it; empty for everybody.
        """
        if self.bastion:
            return f"; ssh goes by way of {self.bastion}: see whether that works by itself"
        if self.source and ssh_from and not _is_among(self.source, ssh_from):
            allowed = ", ".join(ssh_from)
            return f"; `firewall.ssh_from` lets {allowed} sign in, this machine would come from {self.source}: {GUIDE}"
        return f"; where its SSH port is closed to this machine, {GUIDE}"


def way_to(connection: Connection, user: str) -> Way:
    """Find out how OpenSSH would go to a server; nothing is sent there."""
    settings = _settings(connection, user)
    bastion = settings.get("proxyjump", settings.get("proxycommand", NONE))
    if bastion != NONE:
        return Way(bastion=bastion)
    return Way(source=_source(settings.get("hostname", connection.host), connection.port))


def _settings(connection: Connection, user: str) -> Mapping[str, str]:
    """Return what OpenSSH makes of its configuration for a server; nothing where it cannot say."""
    where = ("-p", str(connection.port), "-l", user, "--", connection.host)
    try:
        run = subprocess.run(
            ["ssh", "-G", *ssh_options(connection), *where],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition(" ") for line in run.stdout.splitlines())
    return {name: value for name, _, value in pairs if value}


def _source(host: str, port: int) -> str:
    """Return the address of this machine from which a packet would leave; to a datagram socket it is free to say."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _is_among(address: str, sources: Sequence[str]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(source, strict=False) for source in sources)
