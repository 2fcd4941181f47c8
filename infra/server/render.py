"""Texts that `Server` writes to a server, as pure functions."""

import base64
import json
from collections.abc import Mapping, Sequence

from infra.profiles import HostSetting


def daemon_json(settings: Sequence[HostSetting]) -> dict[str, str]:
    """Return what Docker's `daemon.json` has to hold, key to value in JSON; a dot in a key leads into a map."""
    return {setting.key: json.dumps(setting.data) for setting in settings}


def journald(settings: Sequence[HostSetting]) -> str:
    """Return a drop-in for the journal."""
    return "".join(f"{line}\n" for line in ["[Journal]", *(f"{each.key}={each.value}" for each in settings)])


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
