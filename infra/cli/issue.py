"""`slipway issue`: keep one issue open for as long as something is not as declared."""

from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.refusal import ExitCode, RefusalError
from infra.cli.workflow import RepositoryName, address, own_run, sign_in
from infra.preview.github import GitHubError
from infra.watch.issue import Issue
from infra.watch.night import read_night

PERMISSION: Final = "issues: write"

Drifts = Annotated[
    list[Path] | None, typer.Option("--drift", help="What `slipway drift <stack> --json` has printed; may be repeated.")
]
Judgements = Annotated[
    list[Path] | None,
    typer.Option("--policy", help="What `slipway policy --state <stack> --json` has printed; may be repeated."),
]


def issue(drift: Drifts = None, policy: Judgements = None, repository: RepositoryName = None) -> None:
    """Keep one issue open for as long as something is not as declared.

    Opens it when a resource has drifted, a rule is broken, or something could not be looked at; rewrites it each time;
    closes it when everything was looked at and is as declared. It names resources and properties, never a value: more
    people may read issues than may read a server. A file that is missing or half-written counts as not looked at. The
    token is taken from GITHUB_TOKEN; it needs `issues: write`.

    **Examples**

    - `slipway issue --drift drift-dev.json --policy policy-dev.json`
    """
    if not (drift or policy):
        text = "name what was found: `--drift`, `--policy`, or both."
        raise RefusalError(text, ExitCode.USAGE)
    night = read_night(drift or (), policy or ())
    try:
        with sign_in(repository, PERMISSION) as github:
            typer.echo(Issue(github).tell(night, address(repository, own_run())))
    except GitHubError as error:
        text = f"{error}."
        raise RefusalError(text) from None
    if night.unknown:
        raise typer.Exit(ExitCode.FAILED)
