"""Whether each target has a new enough backup, by its own listing: no run has to be believed for that."""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta

from infra.backups.program import records, runs
from infra.backups.program.plan import PLAN, Plan, Target
from infra.backups.program.restic import GONE, Repository
from infra.backups.program.trouble import TroubleError

_SKEW = timedelta(minutes=5)


def judge(plan: Plan) -> int:
    """Judge each target; return the exit code."""
    found = [(target, trouble) for target in plan.targets for trouble in _troubles(plan, target)]
    for target, trouble in found:
        sys.stderr.write(f"{plan.product}: target {target.name}: {trouble}\n")
    moment = records.shown(records.now())
    for target in plan.targets:
        reasons = [trouble for which, trouble in found if which is target]
        outcome = {"exit": 1, "reason": "; ".join(reasons)} if reasons else {"exit": 0}
        records.note(plan.product, {"kind": "freshness", "target": target.name, "end": moment, **outcome})
    return 1 if found else 0


def _troubles(plan: Plan, target: Target) -> Iterator[str]:
    try:
        repository = Repository(plan, target)
        is_there = repository.is_there()
        newest = runs.newest_complete(repository) if is_there else None
    except TroubleError as error:
        yield str(error)
        return
    now = records.now()
    if not is_there and repository.was_there():
        yield GONE
    elif newest is None:
        # A product that was declared a moment ago is not late yet.
        if time.time() - (plan.folder / PLAN).stat().st_mtime > plan.stale_after:
            yield "there is no complete backup"
    elif newest > now + _SKEW:
        yield f"the newest backup is of {records.shown(newest)}, which is yet to come: a clock is wrong"
    elif now - newest > timedelta(seconds=plan.stale_after):
        hours = (now - newest).total_seconds() / 3600
        yield f"the newest complete backup is of {records.shown(newest)}, {hours:.1f} hours ago"
