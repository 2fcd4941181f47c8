"""One backup of a product: everything to each target, written down, and what is too old forgotten."""

import json
import secrets
import sys
from collections.abc import Sequence
from typing import Any

from infra.backups.program import escrow, places, records, stillness
from infra.backups.program.locks import alone
from infra.backups.program.plan import Plan, Target
from infra.backups.program.restic import COMPLETE, PARTIAL, Repository
from infra.backups.program.storing import Storing
from infra.backups.program.trouble import TerminatedError, TroubleError

MANIFEST = "/manifest.json"
FAILED = 1
TERMINATED = 143


def back_up(plan: Plan) -> int:
    """Back a product up to every target; return the exit code.

    One target that is away, or one item that fails, keeps nothing from the others.
    """
    with alone(plan.product):
        stillness.start_left_over()
        run = f"{records.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        codes = [_to_target(plan, target, run) for target in plan.targets]
        _step(plan.product, "")
        return max(codes, default=0)


def step_of(product: str) -> str:
    """Return what a run is doing just now; empty when none is."""
    path = places.RECORDS / f"{product}.step"
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _to_target(plan: Plan, target: Target, run: str) -> int:
    start = records.now()
    line: dict[str, Any] = {"kind": "backup", "target": target.name, "run": run, "start": records.shown(start)}
    try:
        failures, sums = _stored(plan, Repository(plan, target), run)
        outcome = {"exit": FAILED if failures else 0, **sums, **({"reason": "; ".join(failures)} if failures else {})}
    except TroubleError as error:
        outcome = {"exit": FAILED, "reason": str(error)}
    except TerminatedError:
        records.note(plan.product, {**line, "end": records.shown(records.now()), "exit": TERMINATED})
        raise
    records.note(plan.product, {**line, "end": records.shown(records.now()), **outcome})
    if reason := outcome.get("reason"):
        sys.stderr.write(f"{plan.product}: {reason}\n")
    return int(outcome["exit"])


def _stored(plan: Plan, repository: Repository, run: str) -> tuple[Sequence[str], dict[str, Any]]:
    """Keep every item; return what failed, and the sums of the rest."""
    _step(plan.product, f"reaching {repository.target.name}")
    repository.make_ready()
    repository.unlock()
    escrow.keep(plan, repository.target)
    start = records.shown(records.now())
    storing = Storing(plan.product, run, repository, lambda text: _step(plan.product, text))
    entries, failures = [], []
    for item in plan.items:
        try:
            entries.append(storing.store(item))
        except TroubleError as error:
            failures.append(str(error))
    size, added = (sum(entry[name] for entry in entries) for name in ("size", "added"))
    sums = {"size": size, "added": added, "items": [entry["name"] for entry in entries]}
    if not entries:
        return failures, sums
    manifest = {"product": plan.product, "run": run, "start": start, "items": entries}
    # What is not whole never counts as the newest backup, and makes no other one too old.
    repository.store_text(json.dumps(manifest), MANIFEST, storing.tags(PARTIAL if failures else COMPLETE))
    if not failures:
        _step(plan.product, f"forgetting what is too old at {repository.target.name}")
        repository.keep(plan.retention)
    return failures, {**sums, "repository": repository.size()}


def _step(product: str, text: str) -> None:
    """Say what is being done."""
    places.RECORDS.mkdir(parents=True, exist_ok=True)
    (places.RECORDS / f"{product}.step").write_text(f"{text}\n", encoding="utf-8")
    if text:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
