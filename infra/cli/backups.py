"""`slipway backups`: show what is backed up, how old the newest backup is, and whether it can be restored."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import typer

from infra.cli.arguments import AsJson, StackName
from infra.cli.backup_program import Reports, read_reports, require_backups
from infra.cli.history import moment
from infra.cli.project import find_project, read_stack
from infra.cli.refusal import ExitCode
from infra.cli.tables import show

COLUMNS: Final = ("product", "what", "target", "last good (UTC)", "age", "size", "kept", "last drill", "state")
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1000
_DAY: Final = timedelta(days=1)


def backups(stack: StackName, *, as_json: AsJson = False) -> None:
    """Show what is backed up, how old the newest backup is, and whether it could be restored.

    Reads what the servers have written down of each target: the newest backup in which nothing failed, its size, what
    the repository takes, and the last restore for practice. The exit code is 1 when a backup or a drill has failed, is
    too old, or a server could not be asked.

    **Examples**

    - `slipway backups dev`
    - `slipway backups dev --json | jq '.[].targets[] | select(.good == null)'`
    """
    chosen = read_stack(find_project(), stack)
    require_backups(chosen)
    reports = read_reports(chosen)
    tell(reports, as_json=as_json)
    missing = chosen.sections.products.keys() - reports.products.keys()
    if missing and not reports.silent and not as_json:
        typer.echo(f"No backups yet of {', '.join(sorted(missing))}: `slipway up {stack}` makes the plan.")
    if reports.silent or missing or any(trouble(*each) for each in _targets(reports)):
        raise typer.Exit(ExitCode.FAILED)


def tell(reports: Reports, *, as_json: bool) -> None:
    """Print reports: as JSON, or as a table with a line for each target, where there is one."""
    if as_json:
        typer.echo(json.dumps(list(reports.products.values()), indent=2))
    elif reports.products:
        show(COLUMNS, (_row(report, target) for report, target in _targets(reports)))


def trouble(report: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Return what is wrong with the backups of a product at a target; empty when nothing is."""
    last, good, drill = target["last"], target["good"], target["drill"]
    if last is None:
        return "no backup yet"
    if last["exit"]:
        return str(last.get("reason", "it was told to stop"))
    if _age(good) > timedelta(seconds=report["stale_after"]):
        return "too old"
    return f"drill: {drill['reason']}" if drill and drill["exit"] else ""


def shown_size(size: int) -> str:
    """Return a number of bytes as people read it."""
    number = float(size)
    for unit in _UNITS[:-1]:
        if number < _STEP:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _STEP
    return f"{number:.1f} {_UNITS[-1]}"


def shown_span(seconds: float) -> str:
    """Return a span of time as people read it."""
    span = timedelta(seconds=round(seconds))
    hours, rest = divmod(span.seconds, 3600)
    if span >= _DAY:
        return f"{span.days} d {hours} h"
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"


def _targets(reports: Reports) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for _, report in sorted(reports.products.items()):
        for target in report["targets"]:
            yield report, target


def _row(report: Mapping[str, Any], target: Mapping[str, Any]) -> tuple[str, ...]:
    good, drill = target["good"], target["drill"]
    return (
        report["product"],
        ", ".join(item["name"] for item in report["items"] if item["kind"] != "state"),
        target["target"],
        moment(good["end"]) if good else "never",
        shown_span(_age(good).total_seconds()) if good else "",
        shown_size(good["size"]) if good else "",
        shown_size(good["repository"]) if good else "",
        _drill(drill) if drill else "never",
        trouble(report, target) or "good",
    )


def _drill(drill: Mapping[str, Any]) -> str:
    outcome = "failed" if drill["exit"] else f"good, {drill['rto_seconds']:.0f} s"
    return f"{moment(drill['end'])}, {outcome}"


def _age(line: Mapping[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(line["end"])
