"""The sentences of a report that hold for a terminal and for Markdown alike; nothing in them is anybody else's."""

from infra.preview.report import Conclusion, Kind, Report, StackReport

DONE: dict[Kind, str] = {
    "create": "to create",
    "import": "to import",
    "update": "to change",
    "replace": "to replace",
    "delete": "to delete",
}


def heading(report: Report) -> str:
    """Return the verdict."""
    stacks = report.stacks
    match report.conclusion:
        case Conclusion.FAILED:
            return "The preview failed"
        case Conclusion.BROKEN:
            return f"Not to be merged: {_counted(sum(len(one.violations) for one in stacks), 'broken rule')}"
        case Conclusion.UNCOMPARED:
            return "There is nothing to compare with"
        case Conclusion.DESTRUCTIVE:
            return f"Deletes or replaces {_counted(sum(len(one.destructive) for one in stacks), 'resource')}"
        case Conclusion.CHANGES:
            return f"Changes {_counted(sum(len(one.operations) for one in stacks), 'resource')}"
        case Conclusion.NOTHING:
            return "Nothing changes"


def outcome(stack: StackReport) -> str:
    """Return what becomes of a stack, or why that is not known."""
    if stack.failure:
        return "the preview failed"
    return "nothing to compare with" if stack.base_failure else summary(stack)


def summary(stack: StackReport) -> str:
    """Return the number of resources for each operation."""
    counts = {done: stack.count(kind) for kind, done in DONE.items()}
    told = ", ".join(f"{count} {done}" for done, count in counts.items() if count) or "nothing changes"
    return f"{told}, {stack.unchanged} unchanged" if stack.unchanged else told


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
