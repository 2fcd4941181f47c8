"""The repository itself and its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pulumi
import pulumi_github as github

from infra.github.rules import ActionsArgs, BranchArgs, Place

_GONE: Final = "hasDownloads"
"""GitHub has no downloads any more, and yet tells of them: what nobody declares would be a change of every preview."""
_LEFT_AS_THEY_ARE: Final = (
    "allowAutoMerge",
    "allowMergeCommit",
    "allowRebaseMerge",
    "allowSquashMerge",
    "deleteBranchOnMerge",
    "description",
    "hasIssues",
    "hasProjects",
    "hasWiki",
    "homepageUrl",
    "securityAndAnalysis",
    "topics",
    "visibility",
)
"""Settings of a repository that is taken over; an import with others than it has would be refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsArgs:
    """What the one stack says that has a repository."""

    visibility: str
    adopt: bool = False
    """Whether it is there already and is taken over as it is."""
    description: str = ""
    homepage: str = ""
    topics: Sequence[str] = ()
    issues: bool = True
    wiki: bool = False
    merge_methods: frozenset[str] = frozenset({"squash"})
    secret_scanning: bool = True
    branch: BranchArgs | None = None
    """What the default branch takes; None where the plan has no rulesets."""
    protected_tags: Sequence[str] = ()
    """Patterns of tags that nobody moves or deletes."""
    actions: ActionsArgs = field(default_factory=ActionsArgs)
    deploy_keys: Mapping[str, str] = field(default_factory=dict)
    """Title to a public key that may read."""
    hooks: pulumi.ResourceHookBinding | None = None
    """What looks, before the repository is made, whether it is there already."""


def declare_settings(place: Place, args: SettingsArgs) -> github.Repository:
    """Declare a repository; nothing that is removed from a stack ever deletes one.

    Args:
        place: where it belongs.
        args: what the stack says of it.
    """
    repository = github.Repository(
        place.key,
        _settings(place.repository, args),
        pulumi.ResourceOptions(
            parent=place.parent,
            provider=place.provider,
            retain_on_delete=True,
            hooks=args.hooks,
            import_=place.repository if args.adopt else None,
            ignore_changes=[_GONE, *(_LEFT_AS_THEY_ARE if args.adopt else ())],
        ),
    )
    github.RepositoryVulnerabilityAlerts(
        place.key,
        github.RepositoryVulnerabilityAlertsArgs(repository=place.repository, enabled=True),
        replace(place, after=(repository,)).options(stays=True),
    )
    return repository


def _settings(name: str, args: SettingsArgs) -> github.RepositoryArgs:
    return github.RepositoryArgs(
        name=name,
        visibility=args.visibility,
        description=args.description,
        homepage_url=args.homepage,
        topics=list(args.topics),
        has_issues=args.issues,
        has_wiki=args.wiki,
        has_projects=False,
        allow_merge_commit="merge" in args.merge_methods,
        allow_squash_merge="squash" in args.merge_methods,
        allow_rebase_merge="rebase" in args.merge_methods,
        allow_auto_merge=False,
        delete_branch_on_merge=True,
        security_and_analysis=_scanning() if args.secret_scanning else None,
    )


def _scanning() -> github.RepositorySecurityAndAnalysisArgs:
    return github.RepositorySecurityAndAnalysisArgs(
        secret_scanning=github.RepositorySecurityAndAnalysisSecretScanningArgs(status="enabled"),
        secret_scanning_push_protection=github.RepositorySecurityAndAnalysisSecretScanningPushProtectionArgs(
            status="enabled"
        ),
    )
