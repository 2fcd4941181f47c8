"""`slipway comment`: put the report of a preview into the one comment of a pull request."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.workflow import RepositoryName, address, sign_in
from infra.preview.github import GitHubError
from infra.preview.posting import MovedOnError, PullRequest, pull_request_at
from infra.preview.report import LARGEST_BYTES, Report, ReportError

PERMISSION: Final = "pull-requests: write"

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
OfflineOnly = Annotated[
    bool,
    typer.Option(
        "--offline", help="The report has to be of an offline preview; it gives way to one against the state."
    ),
]
MarkStale = Annotated[bool, typer.Option("--stale", help="Only say in the comment that the branch has moved on.")]


def comment(
    report: ReportFile = None,
    pull: Pull = None,
    head: Head = "",
    run: Run = "",
    repository: RepositoryName = None,
    *,
    offline: OfflineOnly = False,
    stale: MarkStale = False,
) -> None:
    """Put the report of a preview into the one comment of a pull request, and set its labels.

    The comment is found by its marker and its author, and updated in place. A report that is missing, too large,
    malformed, or not about this commit, from this run and of this kind is not shown: the comment says so, and the exit
    code is 1. The token is taken from GITHUB_TOKEN; it needs `pull-requests: write`.

    **Examples**

    - `slipway comment --report preview.json --head "$HEAD_SHA" --run "$RUN_ID"`
    - `slipway comment --report preview.json --head "$HEAD_SHA" --run "$RUN_ID" --offline`, for a stranger's report
    - `slipway comment --stale --head "$HEAD_SHA"`, when somebody has pushed
    """
    try:
        with sign_in(repository, PERMISSION) as github:
            if not head and (pull is None or not stale):
                text = "`--head` says which commit this is about; `--stale` takes `--pull` as well."
                raise RefusalError(text, ExitCode.USAGE)
            where = PullRequest(github, pull or pull_request_at(github, head))
            if stale:
                typer.echo(where.mark_stale())
                return
            _tell(where, report, _Claim(head=head, run=run, offline=offline), address(repository, run))
    except GitHubError as error:
        if stale and isinstance(error, MovedOnError):
            typer.echo(f"nothing to mark: {error}.")
            return
        text = f"{error}."
        raise RefusalError(text) from None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claim:
    """What a report has to be."""

    head: str
    run: str
    offline: bool


def _tell(where: PullRequest, path: Path | None, claim: _Claim, url: str) -> None:
    try:
        read = _read(path)
        _require_match(read, claim)
    except ReportError as error:
        done = where.tell_failure(str(error), claim.head, "offline" if claim.offline else "state", url)
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


def _require_match(report: Report, claim: _Claim) -> None:
    """Refuse a report that some other run has written.

    Raises:
        ReportError: it is about another commit, from another run, or of another kind.
    """
    if report.head != claim.head:
        text = "it is about another commit than the run was started for"
        raise ReportError(text)
    if claim.run and report.run != claim.run:
        text = "it is from another run than it claims"
        raise ReportError(text)
    # A stranger's run sees no state: what it says of one, and the hash to approve, are made up.
    if claim.offline and report.source != "offline":
        text = "it claims a preview against the state, which that run cannot make"
        raise ReportError(text)
