"""`slipway comment`: put the report of a preview into the one comment of a pull request."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.refusal import ExitCode, RefusalError
from infra.preview.github import GitHub, GitHubError
from infra.preview.posting import PullRequest, pull_request_at
from infra.preview.report import LARGEST_BYTES, Report, ReportError

REPOSITORY: Final = "GITHUB_REPOSITORY"
SERVER: Final = "GITHUB_SERVER_URL"
PUBLIC_SERVER: Final = "https://github.com"

ReportFile = Annotated[
    Path | None, typer.Option("--report", help="What `slipway preview --report` has written; may be anybody's.")
]
Pull = Annotated[
    int | None, typer.Option("--pull", min=1, help="Number of the pull request; found by --head if absent.")
]
Head = Annotated[str, typer.Option("--head", metavar="COMMIT", help="Commit that the report has to be about.")]
Run = Annotated[
    str, typer.Option("--run", metavar="NUMBER", help="Run of the workflow that the report has to be from.")
]
Repository = Annotated[
    str | None, typer.Option("--repository", metavar="OWNER/NAME", help=f"The repository; {REPOSITORY} if absent.")
]
MarkStale = Annotated[bool, typer.Option("--stale", help="Only say in the comment that the branch has moved on.")]


def comment(
    report: ReportFile = None,
    pull: Pull = None,
    head: Head = "",
    run: Run = "",
    repository: Repository = None,
    *,
    stale: MarkStale = False,
) -> None:
    """Put the report of a preview into the one comment of a pull request, and set its labels.

    The comment is found by its marker and its author, and updated in place. A report that is missing, too large,
    malformed, or not about this commit and from this run is not shown: the comment says so, and the exit code is 1.
    The token is taken from GITHUB_TOKEN; it needs `pull-requests: write`.

    **Examples**

    - `slipway comment --report preview.json --head "$HEAD_SHA" --run "$RUN_ID"`
    - `slipway comment --pull 12 --stale`, when somebody has pushed
    """
    try:
        with GitHub(repository or os.environ.get(REPOSITORY, "")) as github:
            if stale:
                typer.echo(PullRequest(github, _required(pull)).mark_stale())
                return
            if not head:
                text = "`--head` says which commit the report has to be about."
                raise RefusalError(text, ExitCode.USAGE)
            where = PullRequest(github, pull or pull_request_at(github, head))
            _tell(where, report, head, run, _address(repository, run))
    except GitHubError as error:
        text = f"{error}."
        raise RefusalError(text) from None


def _tell(where: PullRequest, path: Path | None, head: str, run: str, url: str) -> None:
    try:
        read = _read(path)
        _require_match(read, head, run)
    except ReportError as error:
        done = where.tell_failure(str(error), head, url)
        text = f"the report is not shown: {error} ({done})."
        raise RefusalError(text) from None
    typer.echo(where.tell(read, url))


def _read(path: Path | None) -> Report:
    try:
        with (path or Path(os.devnull)).open("rb") as file:
            # No more than it takes to know that it is too much.
            content = file.read(LARGEST_BYTES + 1)
    except OSError:
        content = b""
    if not content:
        text = "the run has left none"
        raise ReportError(text)
    return Report.parse(content)


def _require_match(report: Report, head: str, run: str) -> None:
    """Refuse a report that some other run has written.

    Raises:
        ReportError: it is about another commit, or from another run.
    """
    if report.head != head:
        text = "it is about another commit than the run was started for"
        raise ReportError(text)
    if run and report.run != run:
        text = "it is from another run than it claims"
        raise ReportError(text)


def _required(pull: int | None) -> int:
    if pull is None:
        text = "`--stale` wants `--pull`."
        raise RefusalError(text, ExitCode.USAGE)
    return pull


def _address(repository: str | None, run: str) -> str:
    server = os.environ.get(SERVER) or PUBLIC_SERVER
    return f"{server}/{repository or os.environ.get(REPOSITORY, '')}/actions/runs/{run}" if run.isdecimal() else ""
