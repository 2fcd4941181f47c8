"""Runs of the policy pack: over a stack as its files have it, or over a state."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.cli.events import Event, engine_events
from infra.cli.policy_report import Finding, finding
from infra.cli.project import Project
from infra.cli.pulumi import PulumiError, ask
from infra.cli.refusal import RefusalError

PACK = "policies/run"


@dataclass(kw_only=True, slots=True)
class Judgement:
    """What one run found."""

    findings: list[Finding] = field(default_factory=list)
    error: str | None = None
    """Why it did not come to its end, where no rule is the reason."""


def judge_files(project: Project, stack: str) -> Judgement:
    """Preview a stack in a backend that is thrown away: no server, no state and no network is needed.

    Raises:
        RefusalError: there is no Pulumi, or the stack's secrets cannot be decrypted here.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-policy-") as folder:
        environment = {"PULUMI_BACKEND_URL": f"file://{folder}"}
        try:
            ask(project.root, "stack", "init", stack, "--no-select", environment=environment)
        except PulumiError as error:
            text = f"{stack} cannot be previewed here: {error}."
            raise RefusalError(text) from None
        command = ["pulumi", "preview", "--json", "--refresh=false", "--stack", stack, "--policy-pack", PACK]
        return _judged(_run(project.root, command, stack, environment))


def judge_state(project: Project, stack: str) -> Judgement:
    """Judge the state of a stack as the last `up` left it.

    Raises:
        RefusalError: there is no Pulumi, or no such state.
    """
    command = ["pulumi", "policy", "analyze", "--json", "--policy-pack", PACK, "--stack", stack]
    return _judged(_run(project.root, command, stack, {}))


def judge_export(project: Project, path: Path) -> Judgement:
    """Judge what `pulumi stack export` has written; secrets in it stay closed.

    Raises:
        RefusalError: there is no Pulumi, or the file is none.
    """
    command = ["pulumi", "policy", "analyze", "--json", "--policy-pack", PACK, "--file", str(path.absolute())]
    return _judged(_run(project.root, command, path.name, {}))


def _run(root: Path, command: list[str], name: str, environment: Mapping[str, str]) -> "Iterator[Event | str | None]":
    """Yield the events, and then the error of a run that failed."""
    failure = f"{name} cannot be judged"
    yield (yield from engine_events(root, command, failure=failure, environment=environment))


def _judged(run: "Iterator[Event | str | None]") -> Judgement:
    judgement = Judgement()
    error = None
    for event in run:
        if event is None or isinstance(event, str):
            error = event
        elif "policyEvent" in event:
            judgement.findings.append(finding(event["policyEvent"]))
        elif "diagnosticEvent" in event and event["diagnosticEvent"].get("severity") == "error":
            judgement.error = judgement.error or event["diagnosticEvent"]["message"].strip()
    if not any(one.verdict == "violated" for one in judgement.findings):
        judgement.error = judgement.error or error
    elif judgement.error and judgement.error.endswith("preview failed"):
        judgement.error = None
    return judgement
