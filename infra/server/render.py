"""Texts that `Server` writes to a server, as pure functions."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.profiles import HostSetting


def daemon_json(settings: Sequence[HostSetting]) -> str:
    """Return Docker's `daemon.json`; a dot in the key of a setting leads into a map."""
    document: dict[str, Any] = {}
    for setting in settings:
        *folders, key = setting.key.split(".")
        part = document
        for folder in folders:
            part = part.setdefault(folder, {})
        part[key] = setting.value
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


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
