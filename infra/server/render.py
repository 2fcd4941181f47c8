"""Texts that `Server` writes to a server, as pure functions."""

import base64
import json
from collections.abc import Mapping, Sequence


def authorized_keys(keys: Sequence[str]) -> str:
    """Return an `authorized_keys` file, one key a line, in the given order."""
    return "".join(f"{key.strip()}\n" for key in keys)


def daemon_json() -> str:
    """Return Docker's `daemon.json`.

    `live-restore` keeps containers running through a restart of the daemon; the log limits bound what a talkative
    container can take of the disk (30 MB each).
    """
    settings = {
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-file": "3", "max-size": "10m"},
    }
    return json.dumps(settings, indent=2, sort_keys=True) + "\n"


def registry_login(logins: Mapping[str, tuple[str, str]]) -> str:
    """Return the client configuration that `docker --config` reads.

    Args:
        logins: Registry host → user name and password.
    """
    auths = {
        host: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}
        for host, (user, password) in sorted(logins.items())
    }
    return json.dumps({"auths": auths}, indent=2, sort_keys=True) + "\n"


def sudoers(user: str) -> str:
    """Return the sudo rule of the deploy user: the agent runs as root, without a password to lose."""
    return f"{user} ALL=(ALL:ALL) NOPASSWD: ALL\n"
