"""`slipway policy`: judge every stack, or a state, by the policy pack."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, complete_stack
from infra.cli.policy_report import FORMAT, Finding, Report, concerning, needless, uses
from infra.cli.policy_runs import Judgement, judge_export, judge_files, judge_state
from infra.cli.project import Project, find_project
from infra.cli.refusal import ExitCode, RefusalError, say
from infra.cli.sarif import sarif
from infra.cli.tables import show
from infra.cli.verdict import Verdict, refusing_as_unknown
from policies.guard import levels, waivers

COLUMNS: Final = ("", "stack", "resource", "rule", "what")
WAIVERS: Final = ("waiver of", "for", "used in", "terms")
PACK: Final = "policies"

Stacks = Annotated[
    list[str] | None,
    typer.Argument(help="Stacks to judge by their files; all when absent.", autocompletion=complete_stack),
]
State = Annotated[
    str | None,
    typer.Option("--state", metavar="STACK", help="Judge its state instead, as the last `up` left it."),
]
Export = Annotated[
    Path | None, typer.Option("--file", help="Judge what `pulumi stack export` has written instead; no backend needed.")
]
SarifFile = Annotated[Path | None, typer.Option("--sarif", help="Write the report as SARIF, too.")]


def policy(
    stacks: Stacks = None,
    state: State = None,
    file: Export = None,
    sarif_file: SarifFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Judge every stack, or a state, by the policy pack.

    Previews each stack in a backend that is thrown away, so that neither servers nor state nor a network is needed; or
    judges the resources of a state without running the program. Lists the waivers with their terms and where each
    was used: every one when all stacks are judged, and then one that was used nowhere is a violation; else those that
    are used in what is judged, or are for it alone. Values are never shown.

    Exit codes: 0 no rule is violated; 2 one is; 1 none is, as far as could be told.

    **Examples**

    - `slipway policy`
    - `slipway policy dev --sarif policy.sarif`
    - `slipway policy --state prod --json | jq '.findings[] | select(.verdict == "violated")'`
    """
    with refusing_as_unknown():
        project = find_project()
        report = _report(project, _runs(project, stacks or [], state, file), every=not (stacks or state or file))
        if sarif_file is not None:
            _write(sarif_file, sarif(report))
    if as_json:
        typer.echo(report.as_json())
    else:
        _show(report)
    raise typer.Exit(_verdict(report))


def _runs(
    project: Project, stacks: Sequence[str], state: str | None, file: Path | None
) -> Mapping[str, Callable[[], Judgement]]:
    """Return what is to be judged, by the name the report gives it."""
    if sum((bool(stacks), state is not None, file is not None)) > 1:
        text = "name stacks, or --state, or --file: one of them."
        raise RefusalError(text, ExitCode.USAGE)
    if file is not None:
        return {str(file): partial(judge_export, project, file)}
    if state is not None:
        return {state: partial(judge_state, project, state)}
    for stack in stacks:
        project.require_stack(stack)
    return {stack: partial(judge_files, project, stack) for stack in stacks or project.stacks()}


def _report(project: Project, runs: Mapping[str, Callable[[], Judgement]], *, every: bool) -> Report:
    today = datetime.now(UTC).date()
    try:
        given = waivers.load(project.root / PACK)
    except levels.FileError as error:
        raise RefusalError(str(error)) from None
    found: list[Finding] = []
    unknown: dict[str, str] = {}
    with Console(stderr=True).status("Judging") as status:
        for name, run in runs.items():
            status.update(f"Judging {name}")
            judgement = run()
            found.extend(judgement.findings)
            if judgement.error is not None:
                unknown[name] = judgement.error
    used = uses(found, given)
    if every and not unknown:
        found.extend(needless(used, given, list(runs), today))
    shown = used if every else concerning(used, runs)
    return Report(format=FORMAT, judged=list(runs), findings=found, waivers=shown, unknown=unknown)


def _verdict(report: Report) -> Verdict:
    if any(one.verdict == "violated" for one in report.findings):
        return Verdict.DIFFERENT
    return Verdict.UNKNOWN if report.unknown else Verdict.SAME


def _show(report: Report) -> None:
    if report.findings:
        show(COLUMNS, _rows(report.findings))
    for remedy in dict.fromkeys(f"{one.rule}: {one.remedy}" for one in report.findings if one.verdict == "violated"):
        say(remedy)
    if report.waivers:
        show(WAIVERS, ((one.rule, one.resource, ", ".join(one.used_in) or "-", one.terms) for one in report.waivers))
    for name, reason in report.unknown.items():
        say(f"could not tell: {name}: {reason}")
    count = sum(one.verdict == "violated" for one in report.findings)
    typer.echo(f"Violations in {', '.join(report.judged)}: {count}." if count else _all_well(report))


def _all_well(report: Report) -> str:
    return "" if report.unknown else f"No rule is violated in {', '.join(report.judged)}."


def _rows(found: Sequence[Finding]) -> Iterator[tuple[str, ...]]:
    order = ("violated", "advice", "waiting", "waived")
    for one in sorted(found, key=lambda one: (order.index(one.verdict), one.stack, one.resource)):
        yield one.verdict, one.stack, one.resource, f"{one.number} {one.rule}", one.sentence


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise RefusalError(message) from None
