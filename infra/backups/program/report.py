"""What is known of a product's backups without asking the targets, for people."""

from typing import Any

from infra.backups.program import records, run
from infra.backups.program.plan import Plan


def report(plan: Plan) -> dict[str, Any]:
    """Return for each target the last runs, the last good one, and the last drill."""
    return {
        "product": plan.product,
        "items": [{"name": item.name, "kind": item.kind} for item in plan.items],
        "step": run.step_of(plan.product),
        "stale_after": plan.stale_after,
        "targets": [
            {
                "target": target.name,
                "last": _last(plan, target.name, "backup"),
                "good": _last(plan, target.name, "backup", good=True),
                "drill": _last(plan, target.name, "drill"),
            }
            for target in plan.targets
        ],
    }


def _last(plan: Plan, target: str, kind: str, *, good: bool = False) -> dict[str, Any] | None:
    lines = (line for line in records.noted(plan.product, kind) if line["target"] == target)
    found = [line for line in lines if not good or line["exit"] == 0]
    return {key: value for key, value in found[-1].items() if key != "tables"} if found else None
