"""`slipway drift`: show what is no longer as the last `pulumi up` left it."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, StackName
from infra.cli.differences import REMOTE_TIME, Comparison, Listener
from infra.cli.drift_record import record
from infra.cli.project import Project, find_project, read_stack
from infra.cli.refresh import preview_refresh
from infra.cli.refusal import say
from infra.cli.tables import show
from infra.cli.verdict import Verdict, refusing_as_unknown

WIDEST: Final = 72
"""Characters of a value in the table; `--json` has it whole."""
COLUMNS: Final = ("server", "resource", "property", "expected", "actual")
NAMED: Final = 3
"""How many resources that could not be read are named."""


Recorded = Annotated[bool, typer.Option("--record", help="Have the servers keep the count, for status and alerts.")]


def drift(stack: StackName, *, recorded: Recorded = False, as_json: AsJson = False) -> None:
    """Show what is no longer as the last `pulumi up` left it.

    Has every provider read what is on the servers and compares it with the state. Changes neither; `slipway up` puts
    things right. A server that cannot be reached is named, and hides nothing of the others. Secrets are never shown.

    Exit codes: 0 nothing has drifted; 2 something has; 1 nothing has, as far as could be told, which includes a stack
    that does not exist or was never brought up.

    **Examples**

    - `slipway drift dev`
    - `slipway drift dev --json | jq '.differences[] | .resource'`
    - `slipway drift dev --record`, by night, for `slipway status` and the alert of it
    - `slipway drift dev || [ $? -eq 1 ]`, in CI, to go on when a server is down
    """
    with refusing_as_unknown():
        project = find_project()
        project.require_stack(stack)
        kept = read_stack(project, stack) if recorded else None
        comparison = _compare(project, stack)
    is_kept = record(kept, comparison) if kept else True
    for warning in comparison.warnings:
        say(f"warning: {warning}")
    if as_json:
        typer.echo(json.dumps({"stack": stack, **dataclasses.asdict(comparison)}, indent=2))
    else:
        _show(stack, comparison)
    raise typer.Exit(_verdict(comparison) or (Verdict.SAME if is_kept else Verdict.UNKNOWN))


def _compare(project: Project, stack: str) -> Comparison:
    listener = Listener()
    with Console(stderr=True).status(f"Reading what {stack} is made of") as status:
        for event in preview_refresh(project.root, stack):
            listener.hear(event)
            done, begun = listener.progress
            status.update(f"Reading what {stack} is made of: {done} of {begun} resources")
    return listener.comparison()


def _verdict(comparison: Comparison) -> Verdict:
    if comparison.differences:
        return Verdict.DIFFERENT
    return Verdict.UNKNOWN if comparison.unread else Verdict.SAME


def _show(stack: str, comparison: Comparison) -> None:
    if comparison.differences:
        rows = (
            (one.server, one.resource, one.property, *_side_by_side(one.expected, one.actual))
            for one in comparison.differences
        )
        show(COLUMNS, rows)
    for one in comparison.unread:
        # Of a plugin that broke the rest is its traceback.
        reason, _, _ = one.reason.partition("\n")
        say(f"could not tell: {_subject(one.server, one.resources)}{reason}")
    drifted = {one.urn for one in comparison.differences}
    # What is there cannot be read, and no `up` sees a difference.
    secrets = {one.urn for one in comparison.differences if one.property == REMOTE_TIME}
    if drifted:
        advice = f" Next: `slipway up {stack}`." if drifted > secrets else ""
        typer.echo(f"{len(drifted)} of the {comparison.read} resources read have drifted.{advice}")
        for urn in sorted(secrets):
            command = f"pulumi up --stack {stack} --replace '{urn}'"
            typer.echo(f"Somebody else set this secret on GitHub; put yours back: `{command}`.")
    elif not comparison.unread:
        typer.echo(f"Nothing has drifted: {comparison.read} resources are as the last `pulumi up` left them.")


def _subject(server: str, resources: Sequence[str]) -> str:
    """Return the beginning of a sentence about what could not be read."""
    if not resources:
        return ""
    more = f" and {len(resources) - NAMED} more" if len(resources) > NAMED else ""
    return f"{server}, {', '.join(resources[:NAMED])}{more}: "


def _side_by_side(expected: Any, actual: Any) -> tuple[str, str]:
    """Return both values in a line each; of two texts of many lines, the first line in which they differ."""
    if isinstance(expected, str) and isinstance(actual, str) and "\n" in expected.strip() and "\n" in actual.strip():
        before, after = expected.splitlines(), actual.splitlines()
        index = next(
            (index for index, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
            min(len(before), len(after)),
        )
        return _line(before, index), _line(after, index)
    return _abridged(expected), _abridged(actual)


def _line(lines: Sequence[str], index: int) -> str:
    return _cut(f"line {index + 1}: {lines[index]}") if index < len(lines) else f"ends before line {index + 1}"


def _abridged(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    lines = text.strip().splitlines() or [""]
    return _cut(lines[0]) if len(lines) == 1 else f"{_cut(lines[0])} ({len(lines)} lines)"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
