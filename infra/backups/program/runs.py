"""What there is at a target: the runs that kept something, by their manifests."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.backups.program import records
from infra.backups.program.plan import Item
from infra.backups.program.restic import COMPLETE, PARTIAL, Repository, Snapshot
from infra.backups.program.run import MANIFEST
from infra.backups.program.trouble import TroubleError

_LISTED = 10


@dataclass(frozen=True)
class Run:
    """A run of the past."""

    id: str
    start: datetime
    """Whatever was written before is in it."""
    entries: Mapping[str, Mapping[str, Any]]
    """Item → what was kept of it."""


def reached(repository: Repository) -> Repository:
    """Return a repository that answers.

    Raises:
        TroubleError: it does not, or there is none.
    """
    if not repository.is_there():
        text = f"target {repository.target.name} has no repository at {repository.target.repository}"
        raise TroubleError(text)
    return repository


def newest(repository: Repository, items: Sequence[Item], at: datetime | None = None) -> Run:
    """Return the newest run that has all of some items.

    Args:
        repository: where it is.
        items: what is wanted.
        at: moment that it is not to be younger than; now when absent.

    Raises:
        TroubleError: there is none; what there is, is listed.
    """
    kept = _manifests(repository)
    wanted = {item.name for item in items}
    for snapshot in reversed(kept):
        if at is None or snapshot.time <= at:
            run = _run(repository, snapshot)
            if wanted <= run.entries.keys():
                return run
    before = f" from before {records.shown(at)}" if at else ""
    there = ", ".join(_listed(kept)) or "none"
    text = f"target {repository.target.name} has no backup of {', '.join(sorted(wanted))}{before}; there is {there}"
    raise TroubleError(text)


def newest_complete(repository: Repository) -> datetime | None:
    """Return when the newest run in which nothing failed was finished, by the target's own listing."""
    return max((snapshot.time for snapshot in repository.snapshots(COMPLETE)), default=None)


def _manifests(repository: Repository) -> list[Snapshot]:
    kept = (*repository.snapshots(COMPLETE), *repository.snapshots(PARTIAL))
    return sorted(kept, key=lambda snapshot: snapshot.time)


def _run(repository: Repository, snapshot: Snapshot) -> Run:
    manifest = json.loads(repository.text(snapshot.id, MANIFEST))
    entries = {entry["name"]: entry for entry in manifest["items"]}
    return Run(manifest["run"], datetime.fromisoformat(manifest["start"]), entries)


def _listed(kept: Sequence[Snapshot]) -> Iterator[str]:
    for snapshot in list(reversed(kept))[:_LISTED]:
        yield records.shown(snapshot.time)
    if len(kept) > _LISTED:
        yield f"{len(kept) - _LISTED} older ones back to {records.shown(kept[0].time)}"
