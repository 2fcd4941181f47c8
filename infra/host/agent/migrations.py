"""The migrations of the database of each service, as the server has written them down."""

from pathlib import Path

from infra.host.agent import files, history, places
from infra.host.agent.migration_record import Release, Step, bounded, parse

_MODE = 0o644


def steps(service: str) -> list[Step]:
    """Return the migrations of a service, the oldest first."""
    try:
        lines = _path(service).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [step for step in map(parse, lines) if step]


def released(service: str) -> list[Release]:
    """Return what was put into service, the oldest first."""
    return [Release(record.image, record.start) for record in history.records(service) if record.is_good]


def note(step: Step) -> None:
    """Write a migration down, in the place of what was said of it before."""
    _change(step, [step])


def forget(step: Step) -> None:
    """Take back that a migration began: it did not."""
    _change(step, [])


def _change(step: Step, instead: list[Step]) -> None:
    with files.alone(places.MIGRATIONS):
        others = [other for other in steps(step.service) if other.start != step.start]
        lines = "".join(each.line() for each in bounded([*others, *instead]))
        files.write(_path(step.service), lines.encode(), mode=_MODE)


def _path(service: str) -> Path:
    return places.MIGRATIONS / f"{service}.jsonl"
