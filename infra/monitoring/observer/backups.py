"""Backups of products, as their runs have written them down."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from infra.monitoring.observer import places, records
from infra.monitoring.observer.declared import Product

_TOO_LONG = frozenset({"tables", "items"})
"""What is not kept of a line: it would be held in memory for ever."""


class Target(NamedTuple):
    """What is known of the backups of a product at a target; nothing where nothing ran yet."""

    name: str
    stale_after: int
    """Seconds after which the newest backup is too old."""
    drill_due: float | None
    """When the next drill has to be over; None where the plan is of a time in which it did not tell."""
    last: records.Line | None
    good: records.Line | None
    drill: records.Line | None
    freshness: records.Line | None


Newest = dict[tuple[str, str], records.Line]
"""Target and kind to its newest line."""


def plan_path(product: Product) -> Path:
    """Return where the plan of a product is."""
    return places.PLANS / product.prefix / "plan.json"


def records_path(product: Product) -> Path:
    """Return where the runs of a product are written down."""
    return places.BACKUPS / f"{product.prefix}.jsonl"


def plan(path: Path) -> dict[str, Any]:
    """Return what a plan says of age and targets; nothing when there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            "stale_after": int(data["stale_after"]),
            "targets": [str(each["name"]) for each in data["targets"]],
            "drill_wait": int(data.get("drill_wait", 0)),
            "since": path.stat().st_mtime,
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def newest(path: Path) -> Newest:
    """Return the newest line of each kind and target, and of those of good backups."""
    found: Newest = {}
    for line in records.lines(path):
        if _is_whole(line):
            kept = {key: value for key, value in line.items() if key not in _TOO_LONG}
            found[line["target"], line["kind"]] = kept
            if line["kind"] == "backup" and line["exit"] == 0 and _is_measured(line):
                found[line["target"], "good"] = kept
    return found


def targets(planned: dict[str, Any], known: Newest) -> Iterator[Target]:
    """Yield the targets of a product."""
    for name in planned.get("targets", ()):
        of = {kind: known.get((name, kind)) for kind in ("backup", "good", "drill", "freshness")}
        due = _drill_due(planned, of["drill"])
        yield Target(name, planned["stale_after"], due, of["backup"], of["good"], of["drill"], of["freshness"])


def _drill_due(planned: dict[str, Any], drill: records.Line | None) -> float | None:
    """Return when the next drill has to be over: the first one is judged by the age of the plan."""
    if not planned["drill_wait"]:
        return None
    last = records.seconds(drill["end"]) if drill else None
    return float((last or planned["since"]) + planned["drill_wait"])


def _is_whole(line: records.Line) -> bool:
    texts = (line.get("kind"), line.get("target"))
    is_ended = isinstance(line.get("exit"), int) and records.seconds(line.get("end")) is not None
    return is_ended and all(isinstance(text, str) for text in texts)


def _is_measured(line: records.Line) -> bool:
    return isinstance(line.get("size"), int) and records.seconds(line.get("start")) is not None
