"""What is known of a PostgreSQL service: its data can be read by one major version only."""

import re
from pathlib import PurePosixPath

from infra.compose.mount import Mount
from infra.compose.project import Service
from infra.compose.repositories import repository

_NAMES = frozenset({"postgres", "postgresql", "postgis"})
_NAMED_BY_SUFFIX = frozenset({"pgvector", "timescaledb", "timescaledb-ha"})
"""Images whose tags begin with a version of their own."""
_SUFFIX = re.compile(r"pg(\d{2})(?!\d)")
_VERSION = re.compile(r"(\d{2}|9\.\d)(?!\d)")
_FORMER_DATA = "/var/lib/postgresql/data"
_FIRST_WITH_FOLDERS = 18
_DATA = ("/var/lib/postgresql", _FORMER_DATA, "/home/postgres/pgdata", "/bitnami/postgresql")
"""Where the images keep their data; the first holds a folder a major version from PostgreSQL 18 on."""
_AS_THEY_ARE = frozenset({"library/postgres", "postgis/postgis", "pgvector/pgvector"})
MAX_CONNECTIONS = 100
"""PostgreSQL's own."""
_SAID_CONNECTIONS = re.compile(r"(?:--)?max[_-]connections=(\d+)")
_OLDEST_TUNED = 12
"""Older servers do not know every setting, and refuse to start with one they do not know."""


def is_postgres(image: str) -> bool:
    """Tell whether an image is a PostgreSQL server."""
    return _name(image) in _NAMES | _NAMED_BY_SUFFIX


def major(image: str, released: str | None = None) -> str | None:
    """Return the major version that a tag names, such as `17`; nothing when none does.

    Args:
        image: repository and tag.
        released: tag that the release file has beside the digest; it is what runs, when it names a version.
    """
    tags = (released or "", image.rpartition("/")[2].partition(":")[2])
    return next((found for tag in tags if (found := _version(_name(image), tag))), None)


def _version(name: str, tag: str) -> str | None:
    found = _SUFFIX.search(tag)
    if found is None and name in _NAMES:
        found = _VERSION.match(tag)
    return found[1] if found else None


def data(service: Service) -> Mount | None:
    """Return the volume or folder in which a PostgreSQL service keeps its data."""
    if not is_postgres(service.image):
        return None
    targets = {mount.target.rstrip("/"): mount for mount in service.mounts if mount.keeps_data}
    return next((targets[path] for path in _DATA if path in targets), None)


def passed_over(service: Service) -> Mount | None:
    """Return a mount where the images had their data before PostgreSQL 18, of a service that has them elsewhere.

    The image ends at once over such a mount: it has a folder for each major version in `/var/lib/postgresql`, unless
    `PGDATA` says otherwise (docker-library/postgres, pull request 1259).
    """
    version = major(service.image)
    if not takes_settings(service.image) or version is None or float(version) < _FIRST_WITH_FOLDERS:
        return None
    is_said = PurePosixPath(service.environment.get("PGDATA", "/")).is_relative_to(_FORMER_DATA)
    found = (mount for mount in service.mounts if mount.target.rstrip("/") == _FORMER_DATA)
    return None if is_said else next(found, None)


def max_connections(service: Service) -> int:
    """Return how many connections a PostgreSQL service takes, by `x-slipway` or by a word of its command."""
    if service.postgres and "max_connections" in service.postgres.settings:
        return int(service.postgres.settings["max_connections"])
    said = [found for word in service.command or () if (found := _SAID_CONNECTIONS.fullmatch(word))]
    return int(said[-1][1]) if said else MAX_CONNECTIONS


def takes_settings(image: str) -> bool:
    """Tell whether an image is made like the official one, which starts `postgres -c …` as it is told to."""
    return is_postgres(image) and _name(image) != "postgresql"


def is_tuned(service: Service) -> bool:
    """Tell whether a service is started with settings: an image that somebody made may have a `command` of its own."""
    if service.command is not None or service.entrypoint is not None or not takes_settings(service.image):
        return False
    if service.postgres:
        return service.postgres.tune
    version = major(service.image)
    return repository(service.image) in _AS_THEY_ARE and (version is None or float(version) >= _OLDEST_TUNED)


def _name(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0]
