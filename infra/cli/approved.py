"""What `slipway up --expect` holds an update to: the preview that somebody has approved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.cli.project import Stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.preview.approval import differences, digest
from infra.preview.escaping import visible
from infra.preview.live import preview_live
from infra.preview.report import LARGEST_BYTES, Report, ReportError, StackReport

LONGEST: Final = 400
NAMED: Final = 20
"""How many differences, or operations, are named."""
HASH_CHARACTERS: Final = 64
REFUSAL: Final = "nothing is applied: what an update of {} would do now is not what was approved."


def require_approved(stack: Stack, targets: Sequence[str], expected: str, report: Path | None) -> None:
    """Preview a stack again, and refuse when that is not what was approved.

    Args:
        stack: the stack.
        targets: the words by which `pulumi` is told what to keep to.
        expected: the hash that was approved.
        report: what `slipway preview --report` wrote then, so that a difference can be named.

    Raises:
        RefusalError: something differs, or cannot be told.
    """
    if len(expected) != HASH_CHARACTERS or set(expected) - set("0123456789abcdef"):
        text = (
            f"`--expect` takes the {HASH_CHARACTERS} characters of a hash that `slipway preview {stack.name}` prints."
        )
        raise RefusalError(text, ExitCode.USAGE)
    approved = _approved(stack.name, expected, report) if report else None
    now = preview_live(stack, targets)
    if now.failure:
        text = f"nothing is applied: {stack.name} cannot be previewed: {now.failure}"
        raise RefusalError(text)
    if now.hash != expected:
        raise RefusalError("\n".join([REFUSAL.format(stack.name), *_named(approved, now)]))


def _approved(stack: str, expected: str, path: Path) -> StackReport:
    """Return the stack's part of the approved report, after checking that it is the one that the hash is of."""
    try:
        with path.open("rb") as file:
            report = Report.parse(file.read(LARGEST_BYTES + 1))
    except OSError as error:
        text = f"{path} cannot be read: {error.strerror}."
        raise RefusalError(text) from None
    except ReportError as error:
        text = f"{path} cannot be used: {error}."
        raise RefusalError(text) from None
    for one in report.stacks:
        if one.name == stack and digest(one.operations, one.secrets) == expected:
            return one
    text = f"{path} is not the report that `--expect` is the hash of: nothing in it for {stack} comes to that hash."
    raise RefusalError(text)


def _named(approved: StackReport | None, now: StackReport) -> list[str]:
    if approved is None:
        lines = [f"{one.kind} {one.title}" for one in now.operations] or ["nothing"]
        return ["It would now:", *_first(lines), "Give `--approved <report>` to have the difference named."]
    return _first(list(differences(approved, now)))


def _first(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - NAMED} more"] if len(lines) > NAMED else []
    return [f"  {visible(line, LONGEST)}" for line in [*lines[:NAMED], *more]]
