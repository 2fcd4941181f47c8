"""The way to GitHub, tried before anything is declared, and the ids of those who review."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pulumi

from infra.config import secrets
from infra.config.repository_settings import RepositorySettings
from infra.config.settings import FileSecret, Settings
from infra.github.access import Found, find, is_there, sign_in, wanted
from infra.preview.github import CREDENTIAL, GitHub, GitHubError


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewers:
    """The ids of those who review; a preview that cannot ask GitHub does not know them."""

    users: Mapping[str, int] = field(default_factory=dict)
    teams: Mapping[str, int] = field(default_factory=dict)

    def user(self, login: str) -> pulumi.Input[int]:
        """Return a user's id."""
        return self.users[login] if login in self.users else secrets.unknown().apply(int)

    def team(self, slug: str) -> pulumi.Input[int]:
        """Return a team's id."""
        return self.teams[slug] if slug in self.teams else secrets.unknown().apply(int)


def require_repositories(settings: Settings) -> dict[str, Reviewers]:
    """Ask GitHub for what would fail halfway; return the reviewers by repository.

    A preview asks for reviewers alone, and goes on without an answer: it may be offline.

    Raises:
        pulumi.RunError: naming all that is wrong, or that there is no token.
    """
    found: dict[str, Found] = {}
    failures = []
    for key, repository in settings.repositories.items():
        if pulumi.runtime.is_dry_run() and not any(each.users or each.teams for each in repository.environments):
            continue
        try:
            found[key] = _found(settings, repository)
        except GitHubError as error:
            failures.append(f"repositories.{key}: {error}")
            continue
        failures += [f"repositories.{key}: {mistake}" for mistake in found[key].mistakes]
    if failures and not pulumi.runtime.is_dry_run():
        message = "\n".join(dict.fromkeys(failures))
        raise pulumi.RunError(message)
    for failure in dict.fromkeys(failures):
        pulumi.log.warn(f"`up` will refuse this unless it changes: {failure}.")
    return {
        key: Reviewers(users=found[key].users, teams=found[key].teams) if key in found else Reviewers()
        for key in settings.repositories
    }


def guard(settings: Settings, repository: RepositorySettings) -> pulumi.ResourceHookBinding:
    """Return hooks that keep a repository from being made where there is one already."""

    async def look(_: pulumi.ResourceHookArgs) -> None:
        if await asyncio.to_thread(partial(_is_there, settings, repository)):
            message = (
                f"{repository.path} is there already, and nothing of it was changed: `adopt: true` under "
                f"slipway:repositories.{repository.key} takes it over as it is"
            )
            raise pulumi.RunError(message)

    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(f"look for {repository.path}", look)])


def _is_there(settings: Settings, repository: RepositorySettings) -> bool:
    with _client(settings, repository) as client:
        return is_there(client, repository.path)


def _found(settings: Settings, repository: RepositorySettings) -> Found:
    with _client(settings, repository) as client:
        return find(client, wanted(repository))


def _client(settings: Settings, repository: RepositorySettings) -> GitHub:
    token = settings.github.token
    if token is None and not os.environ.get(CREDENTIAL):
        text = f"there is no token: set {CREDENTIAL}, or name a secret in `slipway:github`, `token: {{config: <name>}}`"
        raise GitHubError(text)
    if isinstance(token, FileSecret) and token.missing:
        # That of the environment may be meant for somebody else.
        text = "the file with the token does not exist yet"
        raise GitHubError(text)
    return sign_in(settings.github, repository, secrets.credential(token) if token else "")
