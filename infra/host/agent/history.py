"""What became of the releases of a service: timed while they happen, written down when they are decided."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from infra.host.agent import files, places
from infra.host.agent.release_record import Record, bounded, parse

_MODE = 0o644
_DECIMALS = 2


@dataclass(kw_only=True)
class Progress:
    """A release of this run that is not decided yet."""

    start: datetime
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds by phase."""

    def took(self, phase: str, seconds: float) -> None:
        """Take down how long a phase took."""
        self.phases[phase] = round(max(seconds, 0), _DECIMALS)


_taking = Lock()
_going_on: dict[str, Progress] = {}
"""Service to its release; an agent lives for one run."""


def progress(service: str) -> Progress:
    """Return how far the release of a service has come; it begins when this is first asked for."""
    with _taking:
        return _going_on.setdefault(service, Progress(start=datetime.now(UTC)))


@contextmanager
def phase(service: str, name: str) -> Iterator[None]:
    """Time a block, also one that fails."""
    begin = time.monotonic()
    going_on = progress(service)
    try:
        yield
    finally:
        going_on.took(name, time.monotonic() - begin)


def add(record: Record) -> None:
    """Write a record down, in the place of what was said of the same run before."""
    with files.alone(places.HISTORY):
        others = [other for other in records(record.service) if other.id != record.id]
        lines = "".join(each.line() for each in bounded([*others, record]))
        files.write(_path(record.service), lines.encode(), mode=_MODE)


def records(service: str) -> list[Record]:
    """Return the records of a service, the oldest first."""
    try:
        lines = _path(service).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [record for record in map(parse, lines) if record]


def _path(service: str) -> Path:
    return places.HISTORY / f"{service}.jsonl"
