"""What the image of a service does beside serving."""

from dataclasses import dataclass
from typing import Literal

from infra.compose.quantities import Duration


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """What a new image does to the database before it serves."""

    command: tuple[str, ...]
    phase: Literal["expand", "contract"]
    timeout: Duration


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What the image of a service does by the calendar."""

    name: str
    schedule: str
    """As systemd writes it."""
    command: tuple[str, ...]
    timeout: Duration
