"""Previews against the state of a stack, as an `up` begins with one."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

from infra.cli.events import Event, engine_events
from infra.cli.project import Stack
from infra.cli.refusal import RefusalError
from infra.preview.approval import digest, hash_key, keyed, secret_values
from infra.preview.comparison import destructive
from infra.preview.report import LONGEST_FAILURE, StackReport
from infra.preview.room import PACK
from infra.preview.run import Run, listen

COMMAND: Final = ("pulumi", "preview", "--json", "--policy-pack", PACK)


def preview_live(stack: Stack, targets: Sequence[str] = ()) -> StackReport:
    """Return what an `up` of a stack would do now, with the hash that it can be held to.

    Args:
        stack: the stack.
        targets: the words by which `pulumi` is told what to keep to; none for the whole stack.

    Raises:
        RefusalError: there is no Pulumi, or it hangs.
    """
    try:
        secrets = keyed(secret_values(stack), hash_key(os.environ, f"{stack.project.name}/{stack.name}"))
        run = listen(_events(stack, targets))
    except RefusalError as error:
        return StackReport(name=stack.name, failure=str(error)[:LONGEST_FAILURE])
    return _report(stack.name, run, secrets)


def _report(name: str, run: Run, secrets: dict[str, str]) -> StackReport:
    return StackReport(
        name=name,
        operations=tuple(run.operations),
        destructive=tuple(destructive(run.operations)),
        unchanged=run.unchanged,
        impacts=tuple(run.impacts),
        findings=tuple(run.findings),
        failure=run.failure[:LONGEST_FAILURE],
        secrets=secrets,
        hash="" if run.failure else digest(run.operations, secrets),
    )


def _events(stack: Stack, targets: Sequence[str]) -> "Iterator[Event | str | None]":
    """Yield the events, and then the error of a run that failed."""
    command = [*COMMAND, "--stack", stack.name, *targets]
    yield (yield from engine_events(stack.project.root, command, failure=f"{stack.name} cannot be previewed"))
