"""What a repository takes: rules of branches and tags, and which actions may run."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_github as github


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchArgs:
    """What the default branch takes."""

    checks: Sequence[str]
    """Names of the checks that have to be green."""
    approvals: int = 1
    code_owners: bool = False
    signatures: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionsArgs:
    """Which actions may run; each is pinned by its commit, and the workflows' token only reads."""

    github_owned: bool = True
    verified: bool = False
    allowed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the resources of a repository belong."""

    key: str
    """The repository's name in the stack."""
    repository: str
    """Its name on GitHub: known when it is not there yet, so that rules can tell what guards it."""
    parent: pulumi.Resource
    provider: github.Provider
    after: tuple[pulumi.Resource, ...] = ()
    """The repository, where it is this stack's."""

    def options(self, *, stays: bool = False) -> pulumi.ResourceOptions:
        """Return the options of one resource; what guards the repository `stays` when the stack goes."""
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=list(self.after),
            retain_on_delete=stays,
            # All have their name from us: the former one, deleted last, would be the new one.
            delete_before_replace=True,
        )


def declare_branch(place: Place, args: BranchArgs) -> None:
    """Declare what the default branch takes: a review and green checks, of everybody."""
    github.RepositoryRuleset(
        f"{place.key}-default-branch",
        github.RepositoryRulesetArgs(
            name="default branch",
            repository=place.repository,
            target="branch",
            enforcement="active",
            conditions=_conditions("~DEFAULT_BRANCH"),
            rules=github.RepositoryRulesetRulesArgs(
                deletion=True,
                non_fast_forward=True,
                required_signatures=args.signatures,
                pull_request=github.RepositoryRulesetRulesPullRequestArgs(
                    required_approving_review_count=args.approvals,
                    dismiss_stale_reviews_on_push=True,
                    require_last_push_approval=True,
                    require_code_owner_review=args.code_owners,
                ),
                required_status_checks=_checks(args.checks),
            ),
        ),
        place.options(stays=True),
    )


def declare_tags(place: Place, patterns: Sequence[str]) -> None:
    """Declare that tags stay where they are: a release that was approved would else become another one."""
    github.RepositoryRuleset(
        f"{place.key}-tags",
        github.RepositoryRulesetArgs(
            name="tags",
            repository=place.repository,
            target="tag",
            enforcement="active",
            conditions=_conditions(*(f"refs/tags/{pattern}" for pattern in patterns)),
            rules=github.RepositoryRulesetRulesArgs(deletion=True, update=True, non_fast_forward=True),
        ),
        place.options(stays=True),
    )


def declare_actions(place: Place, args: ActionsArgs) -> None:
    """Declare which actions may run, and what the workflows' token may do by itself."""
    github.ActionsRepositoryPermissions(
        place.key,
        github.ActionsRepositoryPermissionsArgs(
            repository=place.repository,
            enabled=True,
            allowed_actions="selected",
            allowed_actions_config=github.ActionsRepositoryPermissionsAllowedActionsConfigArgs(
                github_owned_allowed=args.github_owned,
                verified_allowed=args.verified,
                patterns_alloweds=list(args.allowed),
            ),
            sha_pinning_required=True,
        ),
        place.options(stays=True),
    )
    github.WorkflowRepositoryPermissions(
        place.key,
        github.WorkflowRepositoryPermissionsArgs(
            repository=place.repository, default_workflow_permissions="read", can_approve_pull_request_reviews=False
        ),
        place.options(stays=True),
    )


def _checks(names: Sequence[str]) -> github.RepositoryRulesetRulesRequiredStatusChecksArgs:
    checks = [github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(context=name) for name in names]
    return github.RepositoryRulesetRulesRequiredStatusChecksArgs(
        required_checks=checks, strict_required_status_checks_policy=True
    )


def _conditions(*references: str) -> github.RepositoryRulesetConditionsArgs:
    return github.RepositoryRulesetConditionsArgs(
        ref_name=github.RepositoryRulesetConditionsRefNameArgs(includes=list(references), excludes=[])
    )
