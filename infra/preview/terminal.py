"""The report as tables for people, on a terminal or in a log."""

from collections.abc import Iterator
from typing import Final

import typer

from infra.cli.refusal import say
from infra.cli.tables import show
from infra.host.agent.impact import NO_CHANGE
from infra.preview.escaping import visible
from infra.preview.report import Report
from infra.preview.words import heading, outcome

OPERATIONS: Final = ("stack", "operation", "resource", "inputs")
IMPACTS: Final = ("stack", "service", "who uses it notices")
RULES: Final = ("", "stack", "resource", "rule", "what")
STACKS: Final = ("stack", "outcome", "hash for `slipway up --expect`")
MOST_PATHS: Final = 6
_ORDER: Final = ("violated", "advice", "waiting", "waived")


def show_report(report: Report) -> None:
    """Print a report: details first, because the end is what stays on a screen."""
    for columns, rows in (
        (OPERATIONS, list(_operations(report))),
        (IMPACTS, list(_impacts(report))),
        (RULES, list(_rules(report))),
        (STACKS, [(visible(one.name), outcome(one), one.hash or "-") for one in report.stacks]),
    ):
        if rows:
            show(columns, rows)
            typer.echo()
    for stack in report.stacks:
        for subject, reason in (("", stack.failure), (" at the base", stack.base_failure)):
            for line in reason.splitlines():
                say(f"{visible(stack.name)}{subject}: {visible(line, len(line))}")
        for remedy in dict.fromkeys(f"{one.rule}: {one.remedy}" for one in stack.violations):
            say(visible(remedy, len(remedy)))
    typer.echo(f"{heading(report)}.")


def _operations(report: Report) -> Iterator[tuple[str, ...]]:
    for stack in report.stacks:
        for one in stack.operations:
            more = f" and {len(one.paths) - MOST_PATHS} more" if len(one.paths) > MOST_PATHS else ""
            paths = ", ".join(map(visible, one.paths[:MOST_PATHS]))
            yield visible(stack.name), one.kind, visible(one.title), f"{paths}{more}"


def _impacts(report: Report) -> Iterator[tuple[str, ...]]:
    for stack in report.stacks:
        for one in stack.impacts:
            if one.text != NO_CHANGE:
                yield visible(stack.name), visible(one.service), visible(one.text)


def _rules(report: Report) -> Iterator[tuple[str, ...]]:
    for stack in report.stacks:
        for one in sorted(stack.findings, key=lambda one: _ORDER.index(one.verdict)):
            rule = f"{visible(one.number)} {visible(one.rule)}"
            yield one.verdict, visible(stack.name), visible(one.resource), rule, visible(one.sentence, 400)
