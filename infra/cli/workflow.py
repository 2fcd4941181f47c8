"""What a run of a workflow knows of itself: its repository, its number and where people find it."""

import os
from typing import Annotated, Final

import typer

from infra.cli.refusal import ExitCode, RefusalError
from infra.preview.github import GitHub

REPOSITORY: Final = "GITHUB_REPOSITORY"
SERVER: Final = "GITHUB_SERVER_URL"
RUN: Final = "GITHUB_RUN_ID"
PUBLIC_SERVER: Final = "https://github.com"

RepositoryName = Annotated[
    str | None, typer.Option("--repository", metavar="OWNER/NAME", help=f"The repository; {REPOSITORY} if absent.")
]


def sign_in(repository: str | None, permission: str) -> GitHub:
    """Return the repository that is named, or the one that the run belongs to.

    Args:
        repository: `owner/name`.
        permission: what the token has to allow, as a workflow's job declares it.

    Raises:
        GitHubError: there is no token, or the repository is named as none is.
        RefusalError: no repository is named.
    """
    name = _name(repository)
    if not name:
        text = f"which repository is not said: name it by `--repository OWNER/NAME`, or set {REPOSITORY}."
        raise RefusalError(text, ExitCode.USAGE)
    return GitHub(name, permission)


def address(repository: str | None, run: str) -> str:
    """Return where a run is found; nothing for what is no number of one."""
    server = os.environ.get(SERVER) or PUBLIC_SERVER
    return f"{server}/{_name(repository)}/actions/runs/{run}" if run.isdecimal() else ""


def own_run() -> str:
    """Return the number of the run this is; nothing elsewhere."""
    return os.environ.get(RUN, "")


def _name(repository: str | None) -> str:
    return repository or os.environ.get(REPOSITORY, "")
