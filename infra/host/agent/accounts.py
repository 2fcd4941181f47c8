"""Users and groups of the server by name and number."""

import grp
import os
import pwd
import re
from collections.abc import Iterator
from threading import Lock

from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
"""adduser's SYS_NAME_REGEX, and the length that systemd takes."""
changing = Lock()
"""Held while an account is changed: useradd and its kin refuse to run side by side."""


def name_mistakes(name: str) -> Iterator[tuple[str, str]]:
    """Yield a name that Debian refuses for a user or a group."""
    if not _NAME.fullmatch(name):
        yield "name", "must be of small letters, digits, `-` and `_`, at most 31, and begin with a letter or `_`"


def signed_in() -> str:
    """Return the user who has signed in to this server, and through whom the agent runs."""
    return os.environ.get("SUDO_USER", "root")


def user_number(name: str) -> int:
    """Return the number of a user; one given by number, as for a container's user, need not exist here."""
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        message = f"there is no user {name} on {current().host}"
        raise AgentError(message) from None


def group_number(name: str) -> int:
    """Return the number of a group; one given by number need not exist here."""
    if name.isdecimal():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        message = f"there is no group {name} on {current().host}"
        raise AgentError(message) from None


def user_called(number: int, wanted: str) -> str:
    """Return `wanted` when it means the user of that number, else the user's name, or number when it has none."""
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    return wanted if wanted in {name, str(number)} else name


def group_called(number: int, wanted: str) -> str:
    """Return `wanted` when it means the group of that number, else the group's name, or number when it has none."""
    try:
        name = grp.getgrgid(number).gr_name
    except KeyError:
        name = str(number)
    return wanted if wanted in {name, str(number)} else name
