"""Repositories on GitHub, with what their workflows get from the stack."""

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pulumi
import pulumi_github as github
import pulumi_random as random

from infra.config import secrets
from infra.config.repository_settings import (
    DeployKey,
    EnvironmentSettings,
    OwnSettings,
    RepositorySettings,
    SecretValue,
    StackText,
)
from infra.config.settings import ConfigSecret, Settings
from infra.github import ActionsArgs, BranchArgs, EnvironmentArgs, Repository, RepositoryArgs, SettingsArgs
from infra.github.keys import KeyPair, derived_key
from infra.preview.github import CREDENTIAL
from stacks.repository_access import Reviewers, guard
from stacks.seeds import seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Workflows:
    """The secrets that are made for the workflows of a stack's repositories."""

    stack: str
    seeds: Mapping[tuple[str, str], pulumi.Output[str]]
    """Repository and environment to what its secrets are derived from."""
    admitted: Mapping[str, list[pulumi.Input[str]]] = field(default_factory=dict)
    """Server to the public keys of those that deploy there."""

    def key(self, repository: str, environment: str, made: DeployKey) -> pulumi.Output[KeyPair]:
        """Return the key of an environment; one that was united with the repository's keeps its own."""
        comment = f"{self.stack}-{repository}-{made.environment}".replace(" ", "-")
        derive = functools.partial(derived_key, comment=comment, rotation=made.rotation)
        return self.seeds[repository, environment].apply(derive)


def workflows(settings: Settings) -> Workflows:
    """Declare what secrets are derived from; the keys of deployments come before the servers that let them in."""
    generator = random.Provider("workflows") if any(_makers(settings)) else None
    seeds = {
        (repository, environment): seed(f"repository-{repository}-{environment or 'all'}", generator)
        for repository, environment in dict.fromkeys(place for place, _ in _makers(settings))
    }
    made = Workflows(stack=settings.stack, seeds=seeds, admitted={name: [] for name in settings.servers})
    for (repository, environment), value in _makers(settings):
        if isinstance(value, DeployKey):
            pair = made.key(repository, environment, value)
            made.admitted[value.server].append(pulumi.Output.unsecret(pair.apply(lambda each: each.public)))
    return made


def repositories(settings: Settings, made: Workflows, reviewers: Mapping[str, Reviewers]) -> None:
    """Declare every repository of a stack."""
    owners = dict.fromkeys(repository.owner for repository in settings.repositories.values())
    providers = {owner: _provider(settings, owner) for owner in owners}
    for key, repository in settings.repositories.items():
        for notice in repository.notices:
            pulumi.log.warn(f"{repository.path}: {notice}.")
        Repository(
            key,
            RepositoryArgs(
                provider=providers[repository.owner],
                owner=repository.owner,
                name=repository.name,
                plan=repository.plan,
                own=_own(repository.own, guard(settings, repository)) if repository.own else None,
                environments={
                    each.name: _environment(made, repository, each, reviewers.get(repository.key, Reviewers()))
                    for each in repository.environments
                },
                secrets=_secrets(made, repository, "", repository.secrets),
                variables=_texts(repository.variables),
            ),
        )


def _makers(settings: Settings) -> Iterator[tuple[tuple[str, str], SecretValue]]:
    """Yield what is derived from a seed, and whose it is: the whole repository's has no environment."""
    for key, repository in settings.repositories.items():
        places = {"": repository.secrets, **{each.name: each.secrets for each in repository.environments}}
        for environment, given in places.items():
            for value in given.values():
                if not isinstance(value, ConfigSecret | StackText):
                    yield (key, environment), value


def _provider(settings: Settings, owner: str) -> github.Provider:
    token = settings.github.token
    with _without_credential():
        return github.Provider(
            f"github-{owner}",
            github.ProviderArgs(
                owner=owner,
                base_url=settings.github.base_url,
                token=secrets.value(token) if token else None,
                # The older client sends one request at a time, and waits a second after each that writes.
                legacy_client=False,
            ),
        )


@contextmanager
def _without_credential() -> Iterator[None]:
    """Keep the SDK from the environment's token, which the plugin finds by itself.

    As an input it would get into the state, and the token of each workflow's run would be a change.
    """
    token = os.environ.pop(CREDENTIAL, None)
    try:
        yield
    finally:
        if token is not None:
            os.environ[CREDENTIAL] = token


def _own(own: OwnSettings, hooks: pulumi.ResourceHookBinding) -> SettingsArgs:
    branch = own.branch
    return SettingsArgs(
        visibility=own.visibility,
        adopt=own.adopt,
        description=own.description,
        homepage=own.homepage,
        topics=own.topics,
        issues=own.issues,
        wiki=own.wiki,
        merge_methods=own.merge_methods,
        secret_scanning=own.secret_scanning,
        branch=BranchArgs(
            checks=branch.checks,
            approvals=branch.approvals,
            code_owners=branch.code_owners,
            signatures=branch.signatures,
        )
        if branch
        else None,
        protected_tags=own.protected_tags,
        actions=ActionsArgs(
            github_owned=own.actions.github_owned, verified=own.actions.verified, allowed=own.actions.allowed
        ),
        deploy_keys=own.deploy_keys,
        hooks=hooks,
    )


def _environment(
    made: Workflows, repository: RepositorySettings, environment: EnvironmentSettings, reviewers: Reviewers
) -> EnvironmentArgs:
    return EnvironmentArgs(
        branches=environment.branches,
        tags=environment.tags,
        users=[reviewers.user(login) for login in environment.users],
        teams=[reviewers.team(slug) for slug in environment.teams],
        wait_minutes=environment.wait_minutes,
        self_review=environment.self_review,
        admins_bypass=environment.admins_bypass,
        secrets=_secrets(made, repository, environment.name, environment.secrets),
        variables=_texts(environment.variables),
    )


def _secrets(
    made: Workflows, repository: RepositorySettings, environment: str, given: Mapping[str, SecretValue]
) -> dict[str, pulumi.Input[str]]:
    return {name: _secret(made, repository.key, environment, name, value) for name, value in given.items()}


def _secret(made: Workflows, repository: str, environment: str, name: str, value: SecretValue) -> pulumi.Input[str]:
    match value:
        case ConfigSecret():
            return secrets.value(value)
        case StackText():
            return _text(value)
        case DeployKey():
            return made.key(repository, environment, value).apply(lambda pair: pair.private)
        case _:
            return made.seeds[repository, environment].apply(functools.partial(secrets.derived, value, name))


def _texts(given: Mapping[str, StackText]) -> dict[str, pulumi.Input[str]]:
    return {name: _text(value) for name, value in given.items()}


def _text(value: StackText) -> pulumi.Input[str]:
    return secrets.unknown() if value.text is None else value.text
