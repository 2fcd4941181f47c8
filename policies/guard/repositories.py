"""Rules on repositories on GitHub: who can change what, and who gets in."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import (
    BRANCH_PROTECTION,
    BRANCH_PROTECTION_V3,
    DEPLOY_KEY,
    REPOSITORY,
    RULESET,
    VULNERABILITY_ALERTS,
    WEBHOOK,
)

PROTECTIONS: Final = (BRANCH_PROTECTION, BRANCH_PROTECTION_V3, RULESET)
SCANNING: Final = ("secretScanning", "secretScanningPushProtection")
SCORECARD: Final = ("Scorecard Branch-Protection", "CKV_GIT_5", "CKV_GIT_6", "CKV2_GIT_1")


@stack_rule(
    "G01",
    on=(REPOSITORY, *PROTECTIONS),
    severity=Severity.HIGH,
    remedy="Declare a `RepositoryRuleset` for `~DEFAULT_BRANCH` with `enforcement: active`. On a plan that "
    "refuses it for a private repository: a reviewed waiver that says so.",
    sources=("Scorecard Branch-Protection", "CKV2_GIT_1"),
    waits=True,
)
def repository_protects_its_default_branch(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Each repository has a rule for its default branch.

    Whoever gets hold of one account can otherwise push what the next release runs.
    """
    protections = stack.of(*PROTECTIONS)
    guarded = {each.known(name) for each in protections for name in ("repository", "repositoryId")}
    yield from stack.each(partial(_unguarded, guarded=guarded), REPOSITORY)


@rule(
    "G01",
    on=RULESET,
    severity=Severity.HIGH,
    remedy="Set `enforcement: active`, `deletion`, `nonFastForward`, `pullRequest` with one approval, stale reviews "
    "dismissed and the last push approved by another, and `requiredStatusChecks`; let nobody bypass it always.",
    sources=SCORECARD,
)
def ruleset_guards_the_branch(ruleset: Resource) -> Iterator[Sentence]:
    """Rules of a branch ask for a review and green checks, of everybody.

    What one person alone can put into the default branch, one stolen account can.
    """
    if (ruleset.get("target") or "branch") != "branch":
        return
    if ruleset.get("enforcement") != "active":
        yield "`enforcement` is not `active`."
    rules = ruleset.get("rules") or {}
    yield from (f"`rules.{name}` is not set." for name in ("deletion", "nonFastForward") if not rules.get(name))
    yield from _reviews(rules.get("pullRequest"), "rules.pullRequest", stale="dismissStaleReviewsOnPush")
    checks = rules.get("requiredStatusChecks") or {}
    if not checks.get("requiredChecks"):
        yield "`rules.requiredStatusChecks.requiredChecks` is empty."
    elif not checks.get("strictRequiredStatusChecksPolicy"):
        yield "`rules.requiredStatusChecks.strictRequiredStatusChecksPolicy` is not set."
    for index, actor in enumerate(ruleset.get("bypassActors") or ()):
        if (actor.get("bypassMode") or "always") == "always":
            yield f"`bypassActors[{index}]` is exempt at all times."


@rule(
    "G01",
    on=(BRANCH_PROTECTION, BRANCH_PROTECTION_V3),
    severity=Severity.HIGH,
    remedy="Forbid force pushes and deletions, set `enforceAdmins`, ask for a review and for status checks.",
    sources=SCORECARD,
)
def branch_protection_holds_for_all(protection: Resource) -> Iterator[Sentence]:
    """Protection of a branch asks for a review and green checks, of administrators too.

    What one person alone can put into the default branch, one stolen account can.
    """
    for name in ("allowsForcePushes", "allowsDeletions"):
        if protection.get(name):
            yield f"`{name}` is set."
    if not protection.get("enforceAdmins"):
        yield "`enforceAdmins` is not set."
    yield from _reviews(
        _first(protection.get("requiredPullRequestReviews")), "requiredPullRequestReviews", stale="dismissStaleReviews"
    )
    checks = _first(protection.get("requiredStatusChecks")) or {}
    if not checks.get("contexts") and not checks.get("checks"):
        yield "`requiredStatusChecks` names no check."
    elif not checks.get("strict"):
        yield "`requiredStatusChecks.strict` is not set."


@rule(
    "G06",
    on=REPOSITORY,
    severity=Severity.MEDIUM,
    remedy="In the stack file set `secret_scanning: true`, and leave `wiki` false. Of a resource: `visibility`, "
    "`deleteBranchOnMerge: true`, `hasWiki: false`, and `status: enabled` for secret scanning and push protection. "
    "Where these were not bought: a reviewed waiver that says so.",
    sources=("CKV_GIT_1", "legitify"),
)
def repository_is_kept_tidy(repository: Resource) -> Iterator[Sentence]:
    """Repositories say who may read them, scan for secrets, and keep nothing that nobody reviews.

    A secret that push protection stops need not be rotated; a wiki is a second way in.
    """
    if repository.get("visibility") is None:
        yield "`visibility` is not set."
    if not repository.get("deleteBranchOnMerge"):
        yield "`deleteBranchOnMerge` is not set."
    if repository.get("hasWiki"):
        yield "`hasWiki` is set."
    analysis = repository.get("securityAndAnalysis") or {}
    for name in SCANNING:
        if (analysis.get(name) or {}).get("status") != "enabled":
            yield f"`securityAndAnalysis.{name}.status` is not `enabled`."


@stack_rule(
    "G06",
    on=(REPOSITORY, VULNERABILITY_ALERTS),
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `vulnerabilityAlerts: true`, or declare a `RepositoryVulnerabilityAlerts`.",
    sources=("CKV_GIT_3",),
    waits=True,
)
def repository_is_told_of_vulnerabilities(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Repositories are told of holes in what they depend on.

    Most break-ins use one that had a fix.
    """
    alerts = stack.of(VULNERABILITY_ALERTS)
    told = {each.known("repository") for each in alerts if each.known("enabled") is not False}
    yield from stack.each(partial(_untold, told=told), REPOSITORY)


@rule(
    "G07",
    on=DEPLOY_KEY,
    severity=Severity.HIGH,
    remedy="Set `readOnly: true`; what must push uses an app or a token with that one permission.",
    sources=("legitify",),
)
def deploy_key_only_reads(key: Resource) -> Iterator[Sentence]:
    """Deploy keys cannot push.

    A key lies on a server; whoever takes the server would then own the repository too.
    """
    if key.get("readOnly") is not True:
        yield "`readOnly` is not true."


@rule(
    "G08",
    on=WEBHOOK,
    severity=Severity.HIGH,
    remedy="Use an `https` address, keep `insecureSsl` off, and set a `secret` that the receiver checks.",
    sources=("CKV_GIT_2", "legitify", "Scorecard Webhooks"),
)
def webhook_is_sealed(webhook: Resource) -> Iterator[Sentence]:
    """Webhooks are sent by TLS, and signed.

    Without a secret whoever knows the address can start what it starts.
    """
    configuration = webhook.get("configuration") or {}
    if not (configuration.get("url") or "").startswith("https://"):
        yield "`configuration.url` is not https."
    if configuration.get("insecureSsl"):
        yield "`configuration.insecureSsl` is set."
    if not configuration.get("secret"):
        yield "`configuration.secret` is not set."


def _reviews(reviews: Mapping[str, Any] | None, place: str, *, stale: str) -> Iterator[Sentence]:
    if not reviews:
        yield f"`{place}` is not set."
        return
    if (reviews.get("requiredApprovingReviewCount") or 0) < 1:
        yield f"`{place}.requiredApprovingReviewCount` is less than 1."
    yield from (f"`{place}.{name}` is not set." for name in (stale, "requireLastPushApproval") if not reviews.get(name))


def _first(given: Any) -> Mapping[str, Any] | None:
    """Return what one provider type takes as a list of one, and the other as it is."""
    if given is None or isinstance(given, Mapping):
        return given
    return given[0] if len(given) else None


def _unguarded(repository: Resource, *, guarded: Collection[str | None]) -> Iterator[Sentence]:
    if not repository.get("archived") and (repository.get("name") or repository.name) not in guarded:
        yield "It has no ruleset and no branch protection."


def _untold(repository: Resource, *, told: Collection[str | None]) -> Iterator[Sentence]:
    if not repository.get("vulnerabilityAlerts") and (repository.get("name") or repository.name) not in told:
        yield "`vulnerabilityAlerts` is not set."
