"""What is said of the backups of a service's data."""

from dataclasses import dataclass
from typing import Literal

Stillness = Literal["hot", "pause", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """How the data of a service are backed up."""

    none: str | None = None
    """Why they are not backed up; None where they are."""
    files: Stillness = "hot"
    """What happens to the containers that use its volumes and folders meanwhile."""
    sqlite: tuple[str, ...] = ()
    """SQLite databases, by their paths in the container."""
    checks: tuple[str, ...] = ()
    """SQL that answers `t` when a restored database is whole."""
    database: str | None = None
    """Which one the checks are for; None where the server has one of the product's own only."""
