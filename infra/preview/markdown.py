"""The report as a comment on a pull request, and as the summary of a workflow's step."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from infra.host.agent.impact import NO_CHANGE
from infra.preview.escaping import code
from infra.preview.page import Page
from infra.preview.report import Operation, Report, Source, StackReport
from infra.preview.words import heading, outcome, summary
from policies.guard.pack import POLICIES

BEGINNING: Final = "<!-- slipway:preview "
"""What a comment of ours begins with; the commit follows."""
SHOWN_REVISION: Final = 12
LONGEST_URL: Final = 200
MOST_PATHS: Final = 8
MOST_LINES: Final = 12
SYMBOLS: Final = {"create": "+", "import": "=", "update": "~", "replace": "±", "delete": "-"}
REMEDIES: Final = {policy.name: policy.remedy for policy in POLICIES}
"""Remedies in our own words: those of a report may be anybody's."""
_MARKER: Final = re.compile(rf"{BEGINNING}head=([0-9a-f]*)(?: source=(offline|state))? -->\s")
_LONG: Final = 400
"""Characters of a sentence that are shown."""
_SHARE_OF_TABLE: Final = 0.3
_SHARE_OF_RULES: Final = 0.4
_SHARE_OF_LOSSES: Final = 0.3


def marker(head: str, source: Source) -> str:
    """Return the first line of a comment, by which it is found again."""
    return f"{BEGINNING}head={head} source={source} -->"


def comment(report: Report, *, url: str = "", branch_is_at: str = "") -> str:
    """Return the comment on a pull request.

    Args:
        report: may be anybody's.
        url: address of the run that made it, where there is one.
        branch_is_at: commit that the branch has moved on to, if it has.
    """
    return f"{marker(report.head, report.source)}\n{page(report, url=url, branch_is_at=branch_is_at)}"


def is_about(body: str) -> str | None:
    """Return the commit that a comment of ours is about; nothing for any other comment."""
    found = _MARKER.match(body)
    return found[1] if found else None


def is_against_state(body: str) -> bool:
    """Tell whether a comment of ours comes from a preview against the state."""
    found = _MARKER.match(body)
    return found is not None and found[2] == "state"


def page(report: Report, *, url: str = "", branch_is_at: str = "") -> str:
    """Return the report as Markdown: verdict, broken rules and losses first, details folded."""
    end = _footer(report, url)
    written = Page()
    written.keep(marker(report.head, report.source), *end)
    written.add(f"## {heading(report)}", "")
    if branch_is_at:
        written.add(stale(report.head, branch_is_at), "")
    written.add("| stack | changes | rules | who notices |", "| --- | --- | --- | --- |")
    rows = (_row(stack) for stack in report.stacks)
    written.add_each(rows, lambda count: f"| and {count} more | | | |", int(written.room * _SHARE_OF_TABLE))
    _section(written, "What went wrong", list(_failures(report)), _SHARE_OF_RULES)
    _section(written, "Broken rules", list(_broken(report)), _SHARE_OF_RULES)
    _section(written, "Deleted or replaced", list(_losses(report)), _SHARE_OF_LOSSES)
    for index, stack in enumerate(report.stacks):
        _details(written, stack, written.room // (len(report.stacks) - index))
    written.add_kept(*end)
    return written.text


def stale(head: str, branch_is_at: str) -> str:
    """Return the line that says that a comment is about a commit of yesterday."""
    about = code(head[:SHOWN_REVISION] or "an unknown commit")
    return f"> **Stale**: this is about {about}; the branch is at {code(branch_is_at[:SHOWN_REVISION])} by now."


def unusable(reason: str, *, head: str, source: Source, url: str) -> str:
    """Return the comment in the place of a report that cannot be used.

    Args:
        reason: what is wrong with it, in words of our own.
        head: commit that it should have been about.
        source: what it should have been compared with.
        url: address of the run.
    """
    where = f"See [the run]({url})." if url else "See the run of the workflow."
    first = marker(head, source)
    return f"{first}\n## The preview failed\n\nThere is no report that can be shown: {code(reason)}. {where}\n"


def labels(report: Report) -> dict[str, bool]:
    """Return the labels a pull request has to have, or must not have; a failed preview takes none away."""
    wanted = {
        "infra/destroy": any(stack.destructive for stack in report.stacks),
        "infra/policy": any(stack.violations for stack in report.stacks),
    }
    is_known = not any(stack.failure or stack.base_failure for stack in report.stacks)
    return {name: is_wanted for name, is_wanted in wanted.items() if is_wanted or is_known}


def _row(stack: StackReport) -> str:
    noticed = [f"{code(one.service)} {code(one.text)}" for one in stack.impacts if one.text != NO_CHANGE]
    shown = noticed[:MOST_PATHS]
    more = f" and {len(noticed) - len(shown)} more" if len(noticed) > len(shown) else ""
    known = not (stack.failure or stack.base_failure)
    users = "<br>".join(shown) + more if noticed else "nobody" if known else "not known"
    return f"| {code(stack.name)} | {outcome(stack)} | {_rules(stack)} | {users} |"


def _rules(stack: StackReport) -> str:
    counted = {word: sum(one.verdict == word for one in stack.findings) for word in ("violated", "advice", "waived")}
    known = "not known" if stack.failure else "kept"
    return ", ".join(f"{count} {word}" for word, count in counted.items() if count) or known


def _failures(report: Report) -> Iterator[str]:
    for stack in report.stacks:
        for subject, reason in (("", stack.failure), (" at the base", stack.base_failure)):
            if reason:
                lines = "<br>".join(code(line, _LONG) for line in reason.splitlines()[:MOST_LINES])
                yield f"- {code(stack.name)}{subject}: {lines}"


def _broken(report: Report) -> Iterator[str]:
    for stack in report.stacks:
        for one in stack.violations:
            remedy = REMEDIES.get(one.rule) or code(one.remedy, _LONG)
            subject = f"{code(stack.name)} {code(one.resource)}"
            yield f"- **{code(one.rule)}** ({code(one.severity)}) {subject}: {code(one.sentence, _LONG)} {remedy}"


def _losses(report: Report) -> Iterator[str]:
    for stack in report.stacks:
        lost = set(stack.destructive)
        for one in stack.operations:
            if one.urn in lost:
                held = ", protected: an `up` stops here" if one.protected and one.kind == "delete" else ""
                yield f"- {one.kind} {code(stack.name)} {code(one.title)}{held}"


def _section(written: Page, title: str, lines: Sequence[str], share: float) -> None:
    room = int(written.room * share)
    if lines and written.add("", f"### {title}", ""):
        written.add_each(lines, lambda count: f"- and {count} more; the report of the run has them all", room)


def _details(written: Page, stack: StackReport, room: int) -> None:
    if not stack.operations and not stack.findings:
        return
    end = ("", "</details>")
    written.keep(*end)
    if written.add("", f"<details><summary>{code(stack.name)}: {summary(stack)}</summary>", ""):
        lines = [*map(_operation, stack.operations), *_remarks(stack)]
        written.add_each(lines, lambda count: f"- and {count} more; the report of the run has them all", room)
        written.add_kept(*end)


def _operation(one: Operation) -> str:
    paths = ", ".join(code(path) for path in one.paths[:MOST_PATHS])
    more = f" and {len(one.paths) - MOST_PATHS} more" if len(one.paths) > MOST_PATHS else ""
    return f"- {code(SYMBOLS[one.kind])} {one.kind} {code(one.title)}{': ' if paths else ''}{paths}{more}"


def _remarks(stack: StackReport) -> Iterator[str]:
    for one in stack.findings:
        if one.verdict != "violated":
            why = f" {code(one.waived)}" if one.waived else ""
            yield f"- {one.verdict}: {code(one.rule)} {code(one.resource)}: {code(one.sentence, _LONG)}{why}"


def _footer(report: Report, url: str) -> list[str]:
    compared = f", compared with {code(report.base[:SHOWN_REVISION])}" if report.base else ""
    against = "without state, secrets or servers" if report.source == "offline" else "against the state"
    run = f", [run]({url[:LONGEST_URL]})" if url else ""
    about = code(report.head[:SHOWN_REVISION] or "an unknown commit")
    hashes = [f"- {code(f'slipway up {one.name} --expect {one.hash}')}" for one in report.stacks if one.hash]
    approval = ["", "This applies what is approved here, and nothing else:", "", *hashes] if hashes else []
    return [*approval, "", f"<sub>Previewed {about} {against}{compared}{run}.</sub>"]
