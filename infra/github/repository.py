"""The `Repository` component: a repository on GitHub with what its workflows need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_github as github

from infra.github.environment import EnvironmentArgs, declare_environment
from infra.github.rules import Place, declare_actions, declare_branch, declare_tags
from infra.github.settings import SettingsArgs, declare_settings


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositoryArgs:
    """What a `Repository` needs."""

    provider: github.Provider
    """Signed in for its owner."""
    owner: str
    name: str
    """On GitHub."""
    plan: str
    own: SettingsArgs | None
    """None where another stack has the repository."""
    environments: Mapping[str, EnvironmentArgs] = field(default_factory=dict)
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """What every workflow gets."""
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class Repository(pulumi.ComponentResource):
    """A repository on GitHub, or the environments that a stack adds to one that another stack has.

    What guards it outlives the stack, and so does the repository itself: only its secrets, variables, environments and
    deploy keys go with the stack.

    Creates:
        github.Repository, github.RepositoryVulnerabilityAlerts: the repository and its settings.
        github.RepositoryRuleset: what the default branch takes, and tags that stay.
        github.ActionsRepositoryPermissions, github.WorkflowRepositoryPermissions: what workflows may do.
        github.RepositoryDeployKey: who else may read it.
        github.RepositoryEnvironment, github.RepositoryEnvironmentDeploymentPolicy: its environments.
        github.ActionsEnvironmentSecret, github.ActionsEnvironmentVariable: what jobs find there.
        github.ActionsSecret, github.ActionsVariable: what all jobs find.
    """

    TYPE = "slipway:github:Repository"

    path: str
    """`owner/name`."""

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        self.path = f"{args.owner}/{args.name}"
        plain = {"repository": self.path, "plan": args.plan, "environments": list(args.environments)}
        super().__init__(self.TYPE, name, plain, opts)
        place = Place(key=name, repository=args.name, parent=self, provider=args.provider)
        if args.own is not None:
            place = replace(place, after=(declare_settings(place, args.own),))
            _declare_rules(place, args.own)
        for environment, declared in args.environments.items():
            declare_environment(place, environment, declared)
        _declare_contents(place, args)
        self.register_outputs({"path": self.path})


def _declare_rules(place: Place, args: SettingsArgs) -> None:
    declare_actions(place, args.actions)
    if args.branch is not None:
        declare_branch(place, args.branch)
    if args.protected_tags:
        declare_tags(place, args.protected_tags)
    for title, key in args.deploy_keys.items():
        github.RepositoryDeployKey(
            f"{place.key}-{title}",
            github.RepositoryDeployKeyArgs(
                # Without the comment, as GitHub gives it back.
                repository=place.repository,
                title=title,
                key=" ".join(key.split()[:2]),
                read_only=True,
            ),
            place.options(),
        )


def _declare_contents(place: Place, args: RepositoryArgs) -> None:
    for secret, value in args.secrets.items():
        github.ActionsSecret(
            f"{place.key}-{secret}",
            github.ActionsSecretArgs(repository=place.repository, secret_name=secret, value=value),
            place.options(),
        )
    for variable, shown in args.variables.items():
        github.ActionsVariable(
            f"{place.key}-{variable}",
            github.ActionsVariableArgs(repository=place.repository, variable_name=variable, value=shown),
            place.options(),
        )
