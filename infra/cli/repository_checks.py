"""Checks of the repositories on GitHub: what the token may do there, and how old their secrets are."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from infra.cli.checks import Result, failed, passed
from infra.cli.project import Stack
from infra.cli.pulumi import PulumiError, ask
from infra.config.repository_settings import GitHubSettings, RepositorySettings, SecretValue
from infra.config.settings import FileSecret
from infra.config.stack_file import NAMESPACE
from infra.github.access import find, sign_in, wanted
from infra.preview.github import CREDENTIAL, GitHub, GitHubError

PERMISSIONS: Final = {
    "/actions/permissions": ("Administration", "say which actions may run, and who changes what"),
    "/actions/variables": ("Variables", "give workflows their values"),
    "/actions/secrets": ("Secrets", "give workflows their secrets"),
    "/environments": ("Actions", "see the environments"),
}
"""Path below a repository to the permission of a fine-grained token that reading it takes, and what that one is for."""


def check_repository(stack: Stack, github: GitHubSettings, repository: RepositorySettings) -> Iterator[Result]:
    """Yield what is wrong with the token, whether the repository is there, and a line for each place of secrets."""
    name = f"repository {repository.path}"
    try:
        with sign_in(github, repository, _token(stack, github)) as client:
            yield from _found(client, name, repository)
    except (GitHubError, PulumiError) as error:
        yield failed(name, f"{error}.")


def _token(stack: Stack, github: GitHubSettings) -> str:
    """Return the stack's own token; nothing where it is that of the environment.

    Raises:
        PulumiError: it is encrypted, and cannot be read here.
        GitHubError: there is neither.
    """
    if isinstance(github.token, FileSecret):
        return github.token.read()
    if github.token is not None:
        key = f"{NAMESPACE}:{github.token.key}"
        return ask(stack.project.root, "config", "get", key, "--stack", stack.name).strip()
    if not os.environ.get(CREDENTIAL):
        text = f"{CREDENTIAL} is not set, and `slipway:github` names no token"
        raise GitHubError(text)
    return ""


def _found(client: GitHub, name: str, repository: RepositorySettings) -> Iterator[Result]:
    found = find(client, wanted(repository))
    yield from (failed(name, f"{mistake}.") for mistake in found.mistakes)
    if not found.exists:
        if not found.mistakes:
            yield passed(name, "is not there yet: `slipway up` makes it")
        return
    lacking = list(_lacking(client, repository))
    yield from (failed(name, f"{sentence}.") for sentence in lacking)
    if found.mistakes or lacking:
        return
    yield passed(name, "is there, and the token may see all that `slipway up` changes")
    places: Mapping[str, tuple[str, Mapping[str, SecretValue]]] = {
        **{
            each.name: (f"/environments/{quote(each.name, safe='')}/secrets", each.secrets)
            for each in repository.environments
        },
        **({"every workflow": ("/actions/secrets", repository.secrets)} if repository.secrets else {}),
    }
    for place, (path, declared) in places.items():
        yield _secrets(client, f"secrets of {repository.name}, {place}", path, declared)


def _lacking(client: GitHub, repository: RepositorySettings) -> Iterator[str]:
    """Yield the permissions that the token has not got, each with what it takes it for."""
    for path, (permission, purpose) in PERMISSIONS.items():
        try:
            client.look(f"/repos/{repository.path}{path}")
        except GitHubError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            yield f"the token has no permission `{permission}`, which it takes to {purpose} of {repository.path}"


def _secrets(client: GitHub, name: str, path: str, declared: Mapping[str, SecretValue]) -> Result:
    """Return how old the secrets of a place are, and which are missing or nobody's."""
    found = {str(each["name"]): _age(str(each["updated_at"])) for each in _listed(client, path)}
    missing = sorted(declared.keys() - found.keys())
    if missing:
        return failed(name, f"{', '.join(missing)} not there: `slipway up` sets what is missing.")
    ages = ", ".join(f"{secret} ({found[secret]})" for secret in sorted(declared))
    others = ", ".join(f"{secret} ({age})" for secret, age in found.items() if secret not in declared)
    return passed(name, (ages or "none") + (f"; besides, declared by nobody here: {others}" if others else ""))


def _listed(client: GitHub, path: str) -> Iterator[Mapping[str, object]]:
    """Yield the secrets of a place; one that is not there has none."""
    try:
        yield from client.list(path, key="secrets")
    except GitHubError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def _age(changed: str) -> str:
    """Return how long ago something was changed, in days."""
    days = (datetime.now(UTC) - datetime.fromisoformat(changed)).days
    return "today" if days < 1 else f"{days} day{'' if days == 1 else 's'}"
