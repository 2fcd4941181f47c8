"""An environment of a repository: who gets jobs there, and what they find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_github as github

from infra.github.rules import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentArgs:
    """What an environment is."""

    branches: Sequence[str]
    """Patterns of the branches whose jobs may go there."""
    tags: Sequence[str] = ()
    """Patterns of the tags whose jobs may go there."""
    users: Sequence[pulumi.Input[int]] = ()
    """Reviewers, by id."""
    teams: Sequence[pulumi.Input[int]] = ()
    """Reviewers, by the team's id."""
    wait_minutes: int = 0
    self_review: bool = False
    admins_bypass: bool = False
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def declare_environment(place: Place, name: str, args: EnvironmentArgs) -> None:
    """Declare an environment with what jobs find there."""
    reviewed = bool(args.users or args.teams)
    environment = github.RepositoryEnvironment(
        f"{place.key}-{name}",
        github.RepositoryEnvironmentArgs(
            repository=place.repository,
            environment=name,
            # Not `protected_branches`: that means the older branch protection. Without one every branch may go there.
            deployment_branch_policy=github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
                protected_branches=False, custom_branch_policies=True
            ),
            reviewers=[github.RepositoryEnvironmentReviewerArgs(users=list(args.users), teams=list(args.teams))]
            if reviewed
            else None,
            prevent_self_review=not args.self_review if reviewed else None,
            wait_timer=args.wait_minutes or None,
            can_admins_bypass=args.admins_bypass,
        ),
        place.options(),
    )
    _declare_origins(place, name, args, environment)
    _declare_contents(place, name, args, environment)


def _declare_origins(place: Place, name: str, args: EnvironmentArgs, environment: github.RepositoryEnvironment) -> None:
    for kind, patterns in (("branch", args.branches), ("tag", args.tags)):
        for pattern in patterns:
            github.RepositoryEnvironmentDeploymentPolicy(
                f"{place.key}-{name}-{kind}-{pattern}",
                github.RepositoryEnvironmentDeploymentPolicyArgs(
                    repository=place.repository,
                    environment=environment.environment,
                    branch_pattern=pattern if kind == "branch" else None,
                    tag_pattern=pattern if kind == "tag" else None,
                ),
                place.options(),
            )


def _declare_contents(
    place: Place, name: str, args: EnvironmentArgs, environment: github.RepositoryEnvironment
) -> None:
    for secret, value in args.secrets.items():
        github.ActionsEnvironmentSecret(
            f"{place.key}-{name}-{secret}",
            github.ActionsEnvironmentSecretArgs(
                repository=place.repository, environment=environment.environment, secret_name=secret, value=value
            ),
            place.options(),
        )
    for variable, shown in args.variables.items():
        github.ActionsEnvironmentVariable(
            f"{place.key}-{name}-{variable}",
            github.ActionsEnvironmentVariableArgs(
                repository=place.repository, environment=environment.environment, variable_name=variable, value=shown
            ),
            place.options(),
        )
