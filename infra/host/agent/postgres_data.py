"""The data of a PostgreSQL server: which major version can read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from infra.host.agent import docker, files
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_MAJOR = re.compile(r"[1-9][0-9]|9\.[0-9]")
_MARKS = ("PG_VERSION", "*/PG_VERSION", "*/*/PG_VERSION")
"""Where in a volume the version stands: at its root, in `PGDATA` below it, or as `18/docker` since PostgreSQL 18."""
_RUNBOOK = "docs/runbooks/postgresql-major-version.md"


@dataclass(frozen=True, kw_only=True)
class PostgresData(Kind):
    """What a volume or folder holds for PostgreSQL: a new major version over the data of another one would not start.

    It makes nothing and removes nothing; a volume that is still empty suits every version. `volume` is its name, or the
    absolute path of a folder.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("volume",)

    volume: str
    major: str

    def read(self) -> dict[str, Any] | None:
        """Return the major version of the data, or nothing when there is no such place."""
        found = self._found()
        if found is None:
            return None
        return {"major": found[-1]} if found and self.major not in found else {}

    def apply(self) -> None:
        """Make sure that the data can be read."""
        found = self._found() or []
        if found and self.major not in found:
            message = f"{self._named} on {current().host} {_refusal(found[-1], self.major)}"
            raise AgentError(message)

    def remove(self) -> None:
        """Leave the data alone."""

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what is no major version."""
        if not _MAJOR.fullmatch(self.major):
            yield "major", "must be a major version, such as 17"

    def refusals(self, former: Self) -> Iterator[tuple[str, str]]:
        """Yield another major version over the same data."""
        if former.major != self.major:
            yield "major", f"{self._named} {_refusal(former.major, self.major)}"

    @property
    def _named(self) -> str:
        return f"{'folder' if self.volume.startswith('/') else 'volume'} {self.volume}"

    def _found(self) -> list[str] | None:
        """Return the versions whose data is there, the newest one last."""
        folder = docker.folder(self.volume)
        if folder is None:
            return None
        versions = {_version(mark) for pattern in _MARKS for mark in folder.glob(pattern)}
        return sorted(filter(_MAJOR.fullmatch, versions), key=float)


def _version(mark: Path) -> str:
    """Return what a file says that is called as that of a version; the container may have put anything there."""
    try:
        return files.read_of_others(mark).decode(errors="replace").strip()
    except OSError:
        return ""


def _refusal(found: str, wanted: str) -> str:
    return f"holds data of PostgreSQL {found}, which PostgreSQL {wanted} cannot read: see {_RUNBOOK}"
