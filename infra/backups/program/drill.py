"""A restore for practice: the newest backup of each target, into containers that reach nothing and go afterwards."""

import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from infra.backups.program import containers, files_restore, places, postgres_restore, processes, records, redis, runs
from infra.backups.program.locks import alone
from infra.backups.program.plan import Item, Plan, Target
from infra.backups.program.postgres import Server
from infra.backups.program.restic import Repository
from infra.backups.program.trouble import TroubleError

_PATIENCE_SECONDS = 180
_PAUSE_SECONDS = 1.0
_READ_WHOLE = 5 << 30
"""Bytes up to which a repository is read as a whole; a larger one a seventh a week."""
_PARTS = 7

Counts = dict[str, dict[str, int]]
"""Service and database → table → rows."""


def drill(plan: Plan) -> int:
    """Restore the newest backup of each target for practice; return the exit code."""
    with alone(plan.product):
        return max([_of_target(plan, target) for target in plan.targets], default=0)


def _of_target(plan: Plan, target: Target) -> int:
    start = records.now()
    line: dict[str, Any] = {"kind": "drill", "target": target.name, "start": records.shown(start), "exit": 0}
    try:
        line |= _restored(plan, runs.reached(Repository(plan, target)))
    except TroubleError as error:
        sys.stderr.write(f"{plan.product}: drill: {error}\n")
        line |= {"exit": 1, "reason": str(error)}
    records.note(plan.product, {**line, "end": records.shown(records.now())})
    return int(line["exit"])


def _restored(plan: Plan, repository: Repository) -> dict[str, Any]:
    """Restore everything and look at it; return what was measured."""
    items = plan.chosen(None)
    start = records.now()
    run = runs.newest(repository, items)
    counts: Counts = {}
    for item in items:
        entry = run.entries[item.name]
        try:
            if item.kind == "postgres":
                counts |= _database(plan, item, entry, repository)
            else:
                _files(plan, item, entry, repository)
        except TroubleError as error:
            text = f"{item.name}, backup of {records.shown(run.start)}: {error}"
            raise TroubleError(text) from None
    took = (records.now() - start).total_seconds()
    repository.check(_part(repository))
    measured = {"run": run.id, "rto_seconds": round(took, 1), "rpo_seconds": round((start - run.start).total_seconds())}
    return {**measured, "tables": counts, **_gone(plan, repository.target, counts)}


def _gone(plan: Plan, target: Target, counts: Counts) -> dict[str, Any]:
    """Say once which tables the last drill had rows in, and this one has not."""
    drills = [line for line in records.noted(plan.product, "drill") if line["target"] == target.name]
    known: Counts = next((line["tables"] for line in reversed(drills) if "tables" in line), {})
    gone = [
        f"{table} of {database}"
        for database, tables in known.items()
        for table, rows in tables.items()
        if rows and not counts.get(database, {}).get(table)
    ]
    if not gone:
        return {}
    reason = f"since the last drill all rows are gone of {', '.join(gone)}; the next drill takes that for right"
    sys.stderr.write(f"{plan.product}: drill: {reason}\n")
    return {"exit": 1, "reason": reason}


def _database(plan: Plan, item: Item, entry: Mapping[str, Any], repository: Repository) -> Counts:
    with _throw_away(plan, item, Server.of(item.container)) as server:
        kept = entry["globals"]
        postgres_restore.make_roles(server, repository.text(kept["snapshot"], kept["path"]))
        names = {}
        for dump in entry["databases"]:
            name = dump["database"]
            names[name] = postgres_restore.beside(name, "drill")
            postgres_restore.make(server, repository, dump, names[name])
        postgres_restore.require_checks(server, names, item.checks)
        return {f"{item.name}/{dump['database']}": dump["counts"] for dump in entry["databases"]}


def _files(plan: Plan, item: Item, entry: Mapping[str, Any], repository: Repository) -> None:
    work = places.RESTORED / "drill" / plan.product
    shutil.rmtree(work, ignore_errors=True)
    try:
        folder = files_restore.unpack(repository, entry, work)
        if item.kind == "redis":
            redis.require_whole(item, containers.running(item.container)["Image"], folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _throw_away(plan: Plan, item: Item, model: Server) -> Iterator[Server]:
    """Run a database server of the same image, that reaches nothing and is empty."""
    name = f"slipway-drill-{plan.product}-{item.name}"
    _remove(name)
    # No secret: the container has no network, and is gone in a moment.
    made_up = secrets.token_urlsafe()
    user = ("--env", f"POSTGRES_USER={model.superuser}", "--env", f"POSTGRES_PASSWORD={made_up}")
    apart = ("--detach", "--network", "none", "--name", name, "--label", "slipway.drill=yes")
    try:
        processes.must(("docker", "run", *apart, *user, model.image))
        server = replace(model, container=name)
        _await(server)
        yield server
    finally:
        _remove(name)


def _await(server: Server) -> None:
    """Wait until the server answers by TCP: by its socket it does while it is still being made."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    words = server.command("pg_isready", "--quiet", "--host=127.0.0.1")
    while processes.run(words).code:
        described = containers.described(server.container)
        if time.monotonic() > deadline or described is None or not described["State"]["Running"]:
            text = f"the server in container {server.container} has not come up: see `docker logs` of its image"
            raise TroubleError(text)
        time.sleep(_PAUSE_SECONDS)


def _remove(name: str) -> None:
    if containers.described(name) is not None:
        processes.must(("docker", "rm", "--force", "--volumes", name))


def _part(repository: Repository) -> str:
    week = records.now().isocalendar().week
    return "1/1" if repository.size() < _READ_WHOLE else f"{week % _PARTS + 1}/{_PARTS}"
