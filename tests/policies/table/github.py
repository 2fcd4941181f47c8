"""Repositories on GitHub: what keeps every rule, and what breaks each."""

from typing import Any

from policies.guard import types
from tests.policies.table.case import Case, Given, secret

ENABLED = {"status": "enabled"}
REPOSITORY = Given(
    kind=types.REPOSITORY,
    name="shop",
    inputs={
        "name": "shop",
        "visibility": "private",
        "deleteBranchOnMerge": True,
        "hasWiki": False,
        "vulnerabilityAlerts": True,
        "securityAndAnalysis": {"secretScanning": ENABLED, "secretScanningPushProtection": ENABLED},
    },
)
PULL_REQUEST = {"requiredApprovingReviewCount": 1, "dismissStaleReviewsOnPush": True, "requireLastPushApproval": True}
CHECKS = {"requiredChecks": [{"context": "check"}], "strictRequiredStatusChecksPolicy": True}
RULES: dict[str, Any] = {
    "deletion": True,
    "nonFastForward": True,
    "pullRequest": PULL_REQUEST,
    "requiredStatusChecks": CHECKS,
}
RULESET = Given(
    kind=types.RULESET,
    name="shop-main",
    inputs={"repository": "shop", "target": "branch", "enforcement": "active", "rules": RULES},
)
REVIEWS = {"requiredApprovingReviewCount": 1, "dismissStaleReviews": True, "requireLastPushApproval": True}
BRANCH = Given(
    kind=types.BRANCH_PROTECTION,
    name="shop-main",
    inputs={
        "repositoryId": "shop",
        "pattern": "main",
        "enforceAdmins": True,
        "requiredPullRequestReviews": [REVIEWS],
        "requiredStatusChecks": [{"strict": True, "contexts": ["check"]}],
    },
)
BRANCH_V3 = Given(
    kind=types.BRANCH_PROTECTION_V3,
    name="shop-main",
    inputs={
        "repository": "shop",
        "branch": "main",
        "enforceAdmins": True,
        "requiredPullRequestReviews": REVIEWS,
        "requiredStatusChecks": {"strict": True, "checks": ["check"]},
    },
)
ACTIONS = Given(
    kind=types.ACTIONS_PERMISSIONS,
    name="shop",
    inputs={"repository": "shop", "allowedActions": "selected", "shaPinningRequired": True},
)
TOKEN = Given(
    kind=types.WORKFLOW_PERMISSIONS,
    name="shop",
    inputs={"repository": "shop", "defaultWorkflowPermissions": "read", "canApprovePullRequestReviews": False},
)
ENVIRONMENT = Given(
    kind=types.ENVIRONMENT,
    name="shop-production",
    inputs={
        "repository": "shop",
        "environment": "production",
        "deploymentBranchPolicy": {"protectedBranches": True, "customBranchPolicies": False},
        "reviewers": [{"teams": [1]}],
        "preventSelfReview": True,
        "canAdminsBypass": False,
    },
)
UNRELEASED: tuple[dict[str, Any], ...] = (
    {"deploymentBranchPolicy": None},
    {"deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": False}},
    {"reviewers": []},
    {"preventSelfReview": False},
    {"canAdminsBypass": None},
)
SEALED = Given(
    kind=types.ENVIRONMENT_SECRET,
    name="shop-key",
    inputs={"repository": "shop", "environment": "production", "secretName": "SSH_KEY", "value": secret("x" * 20)},
)
VARIABLE = Given(
    kind=types.ACTIONS_VARIABLE, name="shop-region", inputs={"variableName": "REGION", "value": "eu-central-1"}
)
KEY = Given(kind=types.DEPLOY_KEY, name="shop", inputs={"key": "ssh-ed25519 AAAA", "readOnly": True})
WEBHOOK = Given(
    kind=types.WEBHOOK,
    name="shop",
    inputs={
        "configuration": {"url": "https://hooks.example.com/x", "insecureSsl": False, "secret": secret("y" * 20)},
        "events": ["push"],
    },
)
SHA = "d" * 40


def workflow(
    *, on: str = "pull_request", permissions: str = "permissions: {}", uses: str = SHA, run: str = "make check"
) -> str:
    """Return a workflow."""
    return f"""\
on: {on}
{permissions}
jobs:
  check:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@{uses}
      - run: {run}
"""


WORKFLOW = Given(
    kind=types.REPOSITORY_FILE,
    name="shop-check",
    inputs={"file": ".github/workflows/check.yml", "content": workflow()},
)


def _case(rule: str, good: Given, **change: Any) -> Case:
    return Case(rule=rule, good=good, change=change)


CASES = (
    Case(rule="repository_protects_its_default_branch", good=REPOSITORY, bad=REPOSITORY, beside=(RULESET,), worse=()),
    Case(
        rule="repository_protects_its_default_branch",
        good=REPOSITORY,
        beside=(BRANCH,),
        change={"name": "another"},
    ),
    *(
        _case("ruleset_guards_the_branch", RULESET, **change)
        for change in (
            {"enforcement": "evaluate"},
            {"rules": RULES | {"deletion": False}},
            {"rules": RULES | {"nonFastForward": False}},
            {"rules": RULES | {"pullRequest": None}},
            {"rules": RULES | {"pullRequest": PULL_REQUEST | {"requiredApprovingReviewCount": 0}}},
            {"rules": RULES | {"pullRequest": PULL_REQUEST | {"dismissStaleReviewsOnPush": False}}},
            {"rules": RULES | {"requiredStatusChecks": None}},
            {"rules": RULES | {"requiredStatusChecks": CHECKS | {"strictRequiredStatusChecksPolicy": False}}},
            {"bypassActors": [{"actorType": "RepositoryRole", "bypassMode": "always", "actorId": 5}]},
        )
    ),
    *(
        _case("branch_protection_holds_for_all", good, **change)
        for good in (BRANCH, BRANCH_V3)
        for change in (
            {"enforceAdmins": False},
            {"requiredPullRequestReviews": None},
            {"requiredStatusChecks": None},
        )
    ),
    *(
        _case("branch_protection_holds_for_all", BRANCH, **{name: True})
        for name in ("allowsForcePushes", "allowsDeletions")
    ),
    *(
        _case("repository_is_kept_tidy", REPOSITORY, **change)
        for change in (
            {"visibility": None},
            {"deleteBranchOnMerge": False},
            {"hasWiki": True},
            {"securityAndAnalysis": None},
            {"securityAndAnalysis": {"secretScanning": ENABLED}},
        )
    ),
    _case("repository_is_told_of_vulnerabilities", REPOSITORY, vulnerabilityAlerts=False),
    *(_case("deploy_key_only_reads", KEY, readOnly=given) for given in (False, None)),
    *(
        _case("webhook_is_sealed", WEBHOOK, configuration=given)
        for given in (
            {"url": "http://hooks.example.com/x", "secret": "y"},
            {"url": "https://hooks.example.com/x", "secret": "y", "insecureSsl": True},
            {"url": "https://hooks.example.com/x"},
        )
    ),
    *(_case("actions_are_selected_and_pinned", ACTIONS, allowedActions=given) for given in ("all", None)),
    _case("actions_are_selected_and_pinned", ACTIONS, shaPinningRequired=False),
    _case("workflow_token_only_reads", TOKEN, defaultWorkflowPermissions="write"),
    _case("workflow_token_only_reads", TOKEN, canApprovePullRequestReviews=True),
    *(_case("environment_is_released_by_somebody", ENVIRONMENT, **change) for change in UNRELEASED),
    Case(
        rule="secret_belongs_to_an_environment",
        good=SEALED,
        bad=Given(
            kind=types.ACTIONS_SECRET, name="shop-key", inputs={"secretName": "SSH_KEY", "value": secret("x" * 20)}
        ),
        unknown={},
    ),
    Case(rule="secret_belongs_to_an_environment", good=SEALED, change={"value": "correct-horse"}, sealed=True),
    _case("secret_belongs_to_an_environment", SEALED, plaintextValue="correct-horse"),
    _case("variable_is_no_secret", VARIABLE, variableName="DEPLOY_TOKEN"),
    _case("variable_is_no_secret", VARIABLE, value="postgresql://app:correct-horse@db/app"),
    Case(
        rule="variable_is_no_secret",
        good=Given(kind=types.ENVIRONMENT_VARIABLE, name="shop-region", inputs=VARIABLE.inputs),
        change={"variableName": "SSH_KEY"},
    ),
    *(
        _case("workflow_file_is_safe", WORKFLOW, content=given)
        for given in (
            workflow(on="pull_request_target"),
            workflow(on="{workflow_run: {workflows: [check]}}"),
            workflow(permissions=""),
            workflow(permissions="permissions: write-all"),
            workflow(uses="v4"),
            workflow(run='echo "${{ github.event.pull_request.title }}"'),
            workflow(run='deploy "${{ inputs.tag }}"'),
            "just a text",
        )
    ),
)
