"""`slipway preview`: show what stacks would become, for a terminal, a pull request or a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.cli.arguments import AsJson, complete_stack
from infra.cli.project import Project, find_project, read_stack
from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.verdict import Verdict, refusing_as_unknown
from infra.cli.workflow import own_run
from infra.config.mistakes import ConfigurationError
from infra.preview.live import preview_live
from infra.preview.markdown import page
from infra.preview.offline import preview_offline
from infra.preview.report import LONGEST_FAILURE, Conclusion, Report, StackReport
from infra.preview.revisions import Repository
from infra.preview.terminal import show_report

Stacks = Annotated[
    list[str] | None, typer.Argument(help="Stacks to preview; all when absent.", autocompletion=complete_stack)
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Compare with another revision; no state, secret or server is needed.")
]
Base = Annotated[
    str | None,
    typer.Option("--base", metavar="REVISION", help="Offline: compare with where this branch left that revision."),
]
ReportFile = Annotated[Path | None, typer.Option("--report", help="Write the report as JSON, too.")]
SummaryFile = Annotated[Path | None, typer.Option("--summary", help="Add the report as Markdown to this file, too.")]


def preview(
    stacks: Stacks = None,
    base: Base = None,
    report_file: ReportFile = None,
    summary_file: SummaryFile = None,
    *,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Show what stacks would become: what changes, what goes down, what is deleted, which rule is broken.

    Without `--offline` it is a preview against state and servers, as `up` begins with one; it ends with a hash for
    `slipway up --expect`. With `--offline` the programs of two revisions are compared: no state, no secret and no
    network, so it is safe for pull requests of strangers. Values are never shown.

    Exit codes: 0 previewed, and no rule is broken; 1 a preview failed; 2 a rule is broken, whether or not there was
    something to compare with; 1 there was nothing to compare with, and no rule is broken. The report says which.

    **Examples**

    - `slipway preview dev`
    - `slipway preview --offline --base origin/main`
    - `slipway preview --offline --base origin/main --report preview.json --summary "$GITHUB_STEP_SUMMARY"`, in CI
    """
    with refusing_as_unknown():
        project = find_project()
        names = stacks or project.stacks()
        for name in stacks or ():
            project.require_stack(name)
        if offline != (base is not None):
            text = "`--offline` and `--base <revision>` belong together."
            raise RefusalError(text, ExitCode.USAGE)
        report = _offline(project, names, base) if base is not None else _live(project, names)
        _write(report, report_file, summary_file)
    if as_json:
        typer.echo(report.as_json(), nl=False)
    else:
        show_report(report)
    raise typer.Exit(_verdict(report))


def _offline(project: Project, stacks: Sequence[str], base: str) -> Report:
    with Console(stderr=True).status("Previewing") as status:
        return preview_offline(project, stacks, base, own_run(), status.update)


def _live(project: Project, stacks: Sequence[str]) -> Report:
    reports = []
    with Console(stderr=True).status("Previewing") as status:
        for name in stacks:
            status.update(f"Previewing {name}")
            reports.append(_stack(project, name))
    head = Repository(project.root).head()
    return Report(source="state", head=head, base="", run=own_run(), stacks=tuple(reports))


def _stack(project: Project, name: str) -> StackReport:
    try:
        return preview_live(read_stack(project, name))
    except ConfigurationError as error:
        return StackReport(name=name, failure=str(error)[:LONGEST_FAILURE])


def _write(report: Report, report_file: Path | None, summary_file: Path | None) -> None:
    try:
        if report_file is not None:
            report_file.write_text(report.as_json(), encoding="utf-8")
        if summary_file is not None:
            with summary_file.open("a", encoding="utf-8") as summary:
                summary.write(page(report))
    except OSError as error:
        text = f"{error.filename} cannot be written: {error.strerror}."
        raise RefusalError(text) from None


def _verdict(report: Report) -> Verdict:
    match report.conclusion:
        case Conclusion.FAILED | Conclusion.UNCOMPARED:
            return Verdict.UNKNOWN
        case Conclusion.BROKEN:
            return Verdict.DIFFERENT
        case _:
            return Verdict.SAME
