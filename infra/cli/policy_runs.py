"""Runs of the policy pack: over a stack as its files have it, or over a state."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.cli.differences import NOTHING_APPLIED
from infra.cli.events import Event, engine_events
from infra.cli.policy_report import Finding, finding
from infra.cli.project import Project
from infra.cli.pulumi import PulumiError
from infra.cli.refusal import RefusalError
from infra.config.releases import FOLDER_VARIABLE
from infra.preview.revisions import Repository, RevisionError
from infra.preview.room import PACK, Room


@dataclass(kw_only=True, slots=True)
class Judgement:
    """What one run found."""

    findings: list[Finding] = field(default_factory=list)
    error: str | None = None
    """Why it did not come to its end, where no rule is the reason."""


def judge_files(project: Project, stack: str) -> Judgement:
    """Preview a copy of a stack in a backend that is thrown away: no server, state, secret or network is needed.

    In the checkout itself Pulumi would write how the thrown-away backend encrypts into the stack file.

    Raises:
        RefusalError: there is no Pulumi or git, or the stack cannot be previewed without its secrets.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-policy-") as name:
        room = Room(Path(name), {FOLDER_VARIABLE: str(project.releases(stack))})
        try:
            copy = Repository(project.root).copy(Path(name) / "copy")
            return _judged(room.events(copy, stack, "copy"))
        except FileNotFoundError:
            text = f"{stack} cannot be previewed here: git ignores its stack file."
            raise RefusalError(text) from None
        except (RevisionError, PulumiError, ValueError) as error:
            text = f"{stack} cannot be previewed here: {error}."
            raise RefusalError(text) from None


def judge_state(project: Project, stack: str) -> Judgement:
    """Judge the state of a stack as the last `up` left it.

    Raises:
        RefusalError: there is no Pulumi, or no such state.
    """
    command = ["pulumi", "policy", "analyze", "--json", "--policy-pack", PACK, "--stack", stack]
    return _judged(_run(project.root, command, stack))


def judge_export(project: Project, path: Path) -> Judgement:
    """Judge what `pulumi stack export` has written; secrets in it stay closed.

    Raises:
        RefusalError: there is no Pulumi, or the file is none.
    """
    command = ["pulumi", "policy", "analyze", "--json", "--policy-pack", PACK, "--file", str(path.absolute())]
    return _judged(_run(project.root, command, str(path)))


def _run(root: Path, command: list[str], name: str) -> Iterator[Event | str | None]:
    """Yield the events, and then the error of a run that failed."""
    failure = f"{name} cannot be judged"
    yield (yield from engine_events(root, command, failure=failure))


def _judged(run: Iterator[Event | str | None]) -> Judgement:
    judgement = Judgement()
    error: str | None = None
    told = False
    for event in run:
        if event is None or isinstance(event, str):
            # Of a state without resources Pulumi 3.259 tells nothing, and ends well.
            error = event or (None if told else NOTHING_APPLIED)
            continue
        told = True
        if "policyEvent" in event:
            judgement.findings.append(finding(event["policyEvent"]))
        elif "diagnosticEvent" in event and event["diagnosticEvent"].get("severity") == "error":
            judgement.error = judgement.error or event["diagnosticEvent"]["message"].strip()
    if not any(one.verdict == "violated" for one in judgement.findings):
        judgement.error = judgement.error or error
    elif judgement.error and judgement.error.endswith("preview failed"):
        judgement.error = None
    return judgement
