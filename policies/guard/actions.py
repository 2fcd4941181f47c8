"""Rules on GitHub Actions: what workflows may do, and which secrets they get."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml
from pulumi_policy import Severity

from .credentials import KEY_MATERIAL, is_credential, password_in
from .inputs import Sentence
from .resource import Resource
from .rules import rule
from .settings import Setting
from .types import (
    ACTIONS_PERMISSIONS,
    ACTIONS_SECRET,
    ACTIONS_VARIABLE,
    ENVIRONMENT,
    ENVIRONMENT_SECRET,
    ENVIRONMENT_VARIABLE,
    REPOSITORY_FILE,
    WORKFLOW_PERMISSIONS,
)

WORKFLOWS: Final = ".github/workflows/"
PINNED: Final = re.compile(r"(\./.*|docker://[^@\s]+@sha256:[0-9a-f]{64}|[^@\s]+@[0-9a-f]{40})")
EXPRESSION: Final = re.compile(r"\$\{\{\s*(github\.(event|head_ref|base_ref|ref_name|actor)|inputs\.|env\.|steps\.)")
"""Expressions in a script whose value somebody else can write."""
DANGEROUS_TRIGGERS: Final = ("pull_request_target", "workflow_run")
PROTECTED: Final = ("production", "prod", "test")


@rule(
    "G02",
    on=ACTIONS_PERMISSIONS,
    severity=Severity.HIGH,
    remedy="Set `allowedActions: selected` with the ones in use, and `shaPinningRequired: true`.",
    sources=("Scorecard Pinned-Dependencies", "zizmor unpinned-uses"),
)
def actions_are_selected_and_pinned(permissions: Resource) -> Iterator[Sentence]:
    """Only actions that somebody has chosen run, each by its commit.

    A tag of an action can be moved to code that sends every secret away; it has happened.
    """
    if permissions.get("enabled") is False:
        return
    if permissions.get("allowedActions") not in {"selected", "local_only"}:
        yield "`allowedActions` is not `selected`."
    if not permissions.get("shaPinningRequired"):
        yield "`shaPinningRequired` is not set."


@rule(
    "G03",
    on=WORKFLOW_PERMISSIONS,
    severity=Severity.HIGH,
    remedy="Set `defaultWorkflowPermissions: read` and `canApprovePullRequestReviews: false`.",
    sources=("legitify", "Scorecard Token-Permissions"),
)
def workflow_token_only_reads(permissions: Resource) -> Iterator[Sentence]:
    """The token of a workflow can read, unless the workflow asks for more.

    Every action in every job has it, also those that a pull request has changed.
    """
    if (permissions.get("defaultWorkflowPermissions") or "read") != "read":
        yield "`defaultWorkflowPermissions` is not `read`."
    if permissions.get("canApprovePullRequestReviews"):
        yield "`canApprovePullRequestReviews` is set."


@rule(
    "G04",
    on=ENVIRONMENT,
    severity=Severity.HIGH,
    remedy="In the stack file name `reviewers`, with `self_review: false` and `admins_bypass: false`, as both are when "
    "absent; `branches` or `tags` say what goes there if not the default branch. Of a resource: "
    "`deploymentBranchPolicy`, a reviewer, `preventSelfReview: true` and `canAdminsBypass: false`. On a plan that "
    "refuses reviewers: a reviewed waiver that says so.",
    sources=("zizmor secrets-outside-env",),
    settings={"protected": Setting(description="Environments that somebody has to release.", default=PROTECTED)},
)
def environment_is_released_by_somebody(environment: Resource) -> Iterator[Sentence]:
    """What goes to production comes from a protected branch, and another person has released it.

    The environment holds the secrets of the servers: who gets into it gets them.
    """
    if environment.get("environment") not in environment.settings["protected"]:
        return
    policy = environment.get("deploymentBranchPolicy") or {}
    if not policy.get("protectedBranches") and not policy.get("customBranchPolicies"):
        yield "`deploymentBranchPolicy` lets every branch in."
    if not any(entry.get("users") or entry.get("teams") for entry in environment.get("reviewers") or ()):
        yield "`reviewers` is empty."
    if not environment.get("preventSelfReview"):
        yield "`preventSelfReview` is not set."
    if environment.get("canAdminsBypass") is not False:
        yield "`canAdminsBypass` is not false."


@rule(
    "G05",
    on=(ACTIONS_SECRET, ENVIRONMENT_SECRET),
    severity=Severity.HIGH,
    remedy="Use an `ActionsEnvironmentSecret` for what a deployment needs, and set `value`; what every job needs is "
    "listed under `shared`.",
    sources=("zizmor overprovisioned-secrets", "CKV_GIT_4"),
    settings={"shared": Setting(description="Secrets that every workflow of a repository may read.")},
    waits=True,
)
def secret_belongs_to_an_environment(secret: Resource) -> Iterator[Sentence]:
    """Secrets are those of an environment, and are encrypted in the state.

    A secret of the repository is handed to every job of every workflow that names it, reviewed or not.
    """
    if secret.kind == ACTIONS_SECRET and secret.get("secretName") not in secret.settings["shared"]:
        yield "It is a secret of the whole repository."
    for name in ("plaintextValue", "encryptedValue"):
        if name in secret.inputs and secret.get(name) is not None:
            yield f"`{name}` is deprecated: the provider then cannot tell whether it was changed."
    if "value" in secret.inputs and not secret.is_secret("value") and secret.get("value"):
        yield "`value` is not encrypted in the state."


@rule(
    "G05",
    on=(ACTIONS_VARIABLE, ENVIRONMENT_VARIABLE),
    severity=Severity.HIGH,
    remedy="Make it a secret of the environment.",
    sources=("CKV_GIT_4",),
    waivable=False,
    waits=True,
)
def variable_is_no_secret(variable: Resource) -> Iterator[Sentence]:
    """Variables of workflows hold no secret.

    Everybody who can read the repository's settings reads them, and logs show them.
    """
    value = variable.get("value") or ""
    if is_credential(variable.get("variableName") or "") or variable.is_secret("value"):
        yield "`variableName` says that it is a secret."
    elif password_in(value) is not None or KEY_MATERIAL.search(value):
        yield "`value` holds a password or key."


@rule(
    "G09",
    on=REPOSITORY_FILE,
    severity=Severity.HIGH,
    remedy="Pin actions by commit, set `permissions` at the top, pass values to scripts by `env`, and start on "
    "`pull_request`.",
    sources=("Scorecard Dangerous-Workflow", "zizmor"),
    waits=True,
)
def workflow_file_is_safe(file: Resource) -> Iterator[Sentence]:
    """Workflow files pin their actions, ask for few permissions, and put nobody else's text into a script.

    A branch name can hold a command; a workflow that runs it has the repository's token.
    """
    if not (file.get("file") or "").startswith(WORKFLOWS):
        return
    workflow = yaml.safe_load(file.get("content") or "")
    if not isinstance(workflow, dict):
        yield "`content` is no workflow."
        return
    # `on` without quotes is a truth value in YAML 1.1.
    triggers = workflow.get("on", workflow.get(True)) or ()
    yield from (f"It starts on `{name}`." for name in DANGEROUS_TRIGGERS if name in triggers)
    if "permissions" not in workflow or workflow["permissions"] == "write-all":
        yield "`permissions` is not set at the top, or is everything."
    for name, job in (workflow.get("jobs") or {}).items():
        yield from _job(f"jobs.{name}", job)


def _job(place: str, job: Mapping[str, Any]) -> Iterator[Sentence]:
    if "uses" in job and not PINNED.fullmatch(str(job["uses"])):
        yield f"`{place}.uses` is not pinned by commit."
    for index, step in enumerate(job.get("steps") or ()):
        if "uses" in step and not PINNED.fullmatch(str(step["uses"])):
            yield f"`{place}.steps[{index}].uses` is not pinned by commit."
        if EXPRESSION.search(str(step.get("run") or "")):
            yield f"`{place}.steps[{index}].run` holds an expression that others write."
