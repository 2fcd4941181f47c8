"""A product's data as they were: restored beside those that serve, compared, and only then switched to."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.backups.program import containers, files_restore, places, postgres_restore, processes, records, runs
from infra.backups.program.files_restore import RestoredFiles
from infra.backups.program.locks import alone
from infra.backups.program.plan import Item, Plan
from infra.backups.program.postgres import Server
from infra.backups.program.postgres_restore import Restored
from infra.backups.program.restic import Repository, acknowledge
from infra.backups.program.trouble import TroubleError

_PATIENCE_SECONDS = 180
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be restored."""

    service: str | None = None
    """Item; all when absent."""
    at: datetime | None = None
    """The newest backup when absent."""
    target: str | None = None
    into_new: bool = False
    """Whether it is only put beside, for people to look at."""
    confirmed: bool = False
    """Whether the product may lose what came after the backup."""


@dataclass
class _Made:
    """What was made beside, not yet serving."""

    label: str
    into_new: bool
    databases: list[Restored] = field(default_factory=list)
    files: list[RestoredFiles] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    """Restored for people to look at."""
    tables: dict[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    """Database → table → rows that serve, and rows that were restored, where these differ."""

    def drop(self) -> None:
        for database in self.databases:
            database.drop()
        for files in self.files:
            files.drop()


def foretell(plan: Plan, wish: Wish) -> dict[str, Any]:
    """Return what a restore would do; changes nothing."""
    repository = Repository(plan, plan.target(wish.target))
    items = plan.chosen(wish.service)
    run = runs.newest(runs.reached(repository), items, wish.at)
    _require_same_major(items, run)
    return {
        "product": plan.product,
        "target": repository.target.name,
        "run": run.id,
        "backup": records.shown(run.start),
        "lost_seconds": round((records.now() - run.start).total_seconds()),
        "items": [{"name": item.name, "kind": item.kind, "size": run.entries[item.name]["size"]} for item in items],
        "running": _running(items),
    }


def restore(plan: Plan, wish: Wish) -> dict[str, Any]:
    """Restore what is wished for; return what became of it.

    Raises:
        TroubleError: it failed; what served before serves on.
    """
    with alone(plan.product):
        foretold = foretell(plan, wish)
        if foretold["running"] and not (wish.confirmed or wish.into_new):
            names = ", ".join(foretold["running"])
            text = f"{names} runs, and would lose what came after {foretold['backup']}: confirm it"
            raise TroubleError(text)
        start = records.now()
        line = {"kind": "restore", "start": records.shown(start), **foretold}
        try:
            outcome = _restored(plan, wish)
        except (TroubleError, OSError) as error:
            records.note(plan.product, {**line, "end": records.shown(records.now()), "exit": 1, "reason": str(error)})
            raise
        took = (records.now() - start).total_seconds()
        line |= {"end": records.shown(records.now()), "exit": 0, "took_seconds": round(took, 1), **outcome}
        records.note(plan.product, line)
        if not wish.into_new:
            _take_over(plan)
        return line


def _take_over(plan: Plan) -> None:
    """Take note that what the targets have is this server's; one that has nothing can have lost nothing."""
    for target in plan.targets:
        try:
            is_there = Repository(plan, target).is_there()
        except TroubleError:
            # The next run would take what a target has that is away now for another server's.
            is_there = True
        if is_there:
            acknowledge(plan, target)


def _restored(plan: Plan, wish: Wish) -> dict[str, Any]:
    repository = Repository(plan, plan.target(wish.target))
    items = plan.chosen(wish.service)
    run = runs.newest(repository, items, wish.at)
    made = _Made(f"{records.now():%Y%m%d%H%M%S}", wish.into_new)
    with ExitStack() as undo:
        undo.callback(made.drop)
        for item in items:
            _make(plan, item, run, repository, made)
        former = [] if wish.into_new else _switch(made)
        undo.pop_all()
    for files in made.files:
        files.drop()
    beside = [*(each.beside for each in made.databases), *map(str, made.folders)] if wish.into_new else []
    return {"former": former, "beside": beside, "tables": made.tables}


def _make(plan: Plan, item: Item, run: runs.Run, repository: Repository, made: _Made) -> None:
    entry = run.entries[item.name]
    if item.kind == "postgres":
        server = Server.of(item.container)
        kept = entry["globals"]
        postgres_restore.make_roles(server, repository.text(kept["snapshot"], kept["path"]))
        for dump in entry["databases"]:
            label = f"restored_{made.label}" if made.into_new else f"restoring_{made.label}"
            name = postgres_restore.beside(dump["database"], label)
            made.databases.append(postgres_restore.make(server, repository, dump, name))
            made.tables[dump["database"]] = _changed(server, dump)
    elif made.into_new:
        folder = places.RESTORED / plan.product / made.label / item.name
        made.folders.append(files_restore.unpack(repository, entry, folder))
    else:
        made.files.append(files_restore.make(item.place, repository, entry))


def _changed(server: Server, dump: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the tables that serve with another number of rows than the backup has."""
    name, then = dump["database"], dump["counts"]
    now = server.counts(name) if name in server.databases() else {}
    both = sorted(now.keys() | then.keys())
    return {
        table: {"serving": now.get(table, 0), "restored": then.get(table, 0)}
        for table in both
        if now.get(table, 0) != then.get(table, 0)
    }


def _switch(made: _Made) -> list[str]:
    """Have everything that was made serve, or nothing of it; return what the former data are called."""
    using = sorted({name for files in made.files for name in containers.using(files.place)})
    with ExitStack() as undo:
        if using:
            undo.callback(_start, using)
            processes.must(("docker", "stop", *using))
        former = [*_switch_files(made, undo), *_switch_databases(made, undo)]
        _start(using)
        _await_health(using)
        undo.pop_all()
    return former


def _switch_files(made: _Made, undo: ExitStack) -> list[str]:
    former = []
    for files in made.files:
        aside = files.switch(f"before_{made.label}")
        undo.callback(_put_files_back, files, aside)
        former.append(str(aside))
    return former


def _put_files_back(files: RestoredFiles, aside: Path) -> None:
    users = containers.using(files.place)
    if users:
        processes.must(("docker", "stop", *users))
    files.put_back(aside)


def _switch_databases(made: _Made, undo: ExitStack) -> list[str]:
    former = []
    for database in made.databases:
        aside = postgres_restore.beside(database.name, f"before_{made.label}")
        was_there = database.name in database.server.all_databases()
        database.switch(aside)
        if was_there:
            undo.callback(database.put_back, aside)
            former.append(f"database {aside} in container {database.server.container}")
    return former


def _start(names: Sequence[str]) -> None:
    if names:
        processes.must(("docker", "start", *names))


def _await_health(names: Sequence[str]) -> None:
    """Wait until containers run with the restored files, healthy where Docker checks that.

    Raises:
        TroubleError: one does not.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for name in names:
        while (state := _state(name)) == "starting" and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        if state not in ("healthy", "running"):
            text = f"container {name} is {state} with the restored files"
            raise TroubleError(text)


def _state(name: str) -> str:
    described = containers.described(name)
    if described is None or not described["State"]["Running"]:
        return "stopped"
    health: str = described["State"].get("Health", {}).get("Status", "running")
    return health


def _require_same_major(items: Sequence[Item], run: runs.Run) -> None:
    for item in items:
        if item.kind == "postgres":
            then, now = run.entries[item.name]["major"], Server.of(item.container).major()
            if then != now:
                text = f"the backup of {item.name} is of PostgreSQL {then}, and {item.container} is PostgreSQL {now}"
                raise TroubleError(text)


def _running(items: Sequence[Item]) -> list[str]:
    """Return the containers that have what is to be restored."""
    by_place = {name for item in items if item.place for name in containers.using(item.place)}
    return sorted(by_place | {item.container for item in items if item.kind == "postgres"})
