"""The way to a server: who signs in where, with which key, and which host key is expected."""

import base64
import hashlib
from dataclasses import dataclass

CONNECT_SECONDS = 13
"""Until the server has said who it is, which a busy one may be late with; two users are tried one after the other."""
DEFAULT_PORT = 22
_ALIVE_SECONDS = 5
_ALIVE_COUNT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How a server is reached by OpenSSH.

    Paths are relative to the project, or begin with `~`. Without a host key and without a file of known hosts, those of
    the user who runs Slipway count.
    """

    host: str
    """Name or address."""
    port: int = 22
    user: str = "root"
    """Who signs in."""
    bootstrap_user: str = ""
    """Who signs in where `user` is refused, as on a fresh server; empty for nobody."""
    identity_file: str = ""
    """Private key; empty for an agent or OpenSSH's defaults."""
    host_key: str = ""
    """The server's public key, as in `ssh-ed25519 AAAA…`."""
    known_hosts: str = ""
    """File that holds the server's public key."""


def ssh_options(connection: Connection) -> list[str]:
    """Return the options OpenSSH is called with, whoever calls it: `-o`, `Name=value` and so on."""
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": str(_ALIVE_SECONDS),
        "ServerAliveCountMax": str(_ALIVE_COUNT),
        "StrictHostKeyChecking": "yes",
        **_pinning(connection),
    }
    if connection.identity_file:
        options |= {"IdentityFile": connection.identity_file, "IdentitiesOnly": "yes"}
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def ssh_command(connection: Connection, user: str, command: str) -> list[str]:
    """Return the command line that runs a shell command on the server as `user`.

    A master connection of the user's own configuration is not shared: the process would end when that one does.
    Verbose, because only then OpenSSH names the key that a server has shown.
    """
    return [
        *("ssh", "-v", "-T", "-p", str(connection.port), "-l", user),
        *ssh_options(connection),
        *("-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ClearAllForwardings=yes"),
        *("--", connection.host, command),
    ]


def fingerprint(public_key: str) -> str:
    """Return the fingerprint of a public key, as in `SHA256:…`.

    Raises:
        ValueError: when it is no public key.
    """
    kind, encoded = public_key.split()[:2]
    blob = base64.b64decode(encoded, validate=True)
    if kind.encode() not in blob[: 4 + len(kind)]:
        message = "the type of the key and its content differ"
        raise ValueError(message)
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def known_hosts_name(connection: Connection) -> str:
    """Return the name a server has in a file of known hosts."""
    return connection.host if connection.port == DEFAULT_PORT else f"[{connection.host}]:{connection.port}"


def _pinning(connection: Connection) -> dict[str, str]:
    """Return the options by which exactly the given host key is accepted."""
    if connection.host_key:
        kind, encoded = connection.host_key.split()[:2]
        return {
            "GlobalKnownHostsFile": "none",
            "UserKnownHostsFile": "none",
            "KnownHostsCommand": f"/bin/echo %H {kind} {encoded}",
        }
    if connection.known_hosts:
        return {"GlobalKnownHostsFile": "none", "UserKnownHostsFile": connection.known_hosts}
    return {}
