"""What is known of a Redis or Valkey service."""

import re

from infra.compose.mount import Mount
from infra.compose.project import Service
from infra.compose.repositories import repository

_PROGRAMS = {"redis": "redis-server", "valkey": "valkey-server"}
"""Last part of the image's name → the server in it."""
_AS_THEY_ARE = frozenset({"library/redis", "valkey/valkey"})
_DATA = "/data"
"""Where the images keep their data."""
_ASKS = re.compile(r"requirepass|aclfile|--user\b", re.IGNORECASE)
_ASKS_IN_FILE = re.compile(r"^\s*(requirepass|aclfile|user)\s", re.IGNORECASE | re.MULTILINE)
"""The same where a line is a setting, and no comment."""
_OF_PASSWORDS = re.compile(r"pass|auth", re.IGNORECASE)
"""In the name of a secret or a variable."""


def program(image: str) -> str | None:
    """Return the server of an image that is made like the official one; nothing for any other image."""
    path = repository(image)
    # Its script reads the settings from the environment, and ours would replace it.
    return None if path.startswith("bitnami") else _PROGRAMS.get(path.rpartition("/")[2])


def is_tuned(service: Service) -> bool:
    """Tell whether a service is started with settings: an image that somebody made may have a configuration inside."""
    if service.command is not None or service.entrypoint is not None or program(service.image) is None:
        return False
    return service.redis.tune if service.redis else repository(service.image) in _AS_THEY_ARE


def asks_for_password(service: Service) -> bool:
    """Tell whether a server lets in only who knows a password, as far as a product's files show it.

    They do by a setting in its command, variables or `configs`, or by a secret or a variable that is named like one.
    """
    words = [*(service.entrypoint or ()), *(service.command or ()), *service.environment.values()]
    words += service.redis.settings if service.redis else ()
    named = [*service.secret_names, *(name for name, value in service.environment.items() if value)]
    return (
        any(map(_ASKS.search, words))
        or any(_ASKS_IN_FILE.search(config.content) for config in service.configs)
        or any(map(_OF_PASSWORDS.search, named))
    )


def data(service: Service) -> Mount | None:
    """Return the volume or folder in which a service keeps its data."""
    if program(service.image) is None:
        return None
    return next((each for each in service.mounts if each.target.rstrip("/") == _DATA and not each.read_only), None)


def appends(service: Service) -> bool:
    """Tell whether every write of a tuned service goes to a file: where it has a place for it, unless it says no."""
    said = service.redis.settings.get("appendonly") if service.redis else None
    return data(service) is not None and said != "no"
