"""`slipway unlock`: clear away what a killed `pulumi up` left in the state."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import typer

from infra.cli.arguments import AsJson, StackName
from infra.cli.locks import Holder, Lock, holder, read_locks
from infra.cli.project import Project, find_project
from infra.cli.pulumi import PulumiError, ask
from infra.cli.refusal import RefusalError

CREATING = "creating"
STACK_TYPE = "pulumi:pulumi:Stack"


def unlock(stack: StackName, *, as_json: AsJson = False) -> None:
    """Clear away what a killed `pulumi up` left in the state.

    A lock is broken only when it was made on this machine by a process that is dead; else the command says who holds
    it and changes nothing. Then creates that never finished are struck from the state, and nothing else; no server is
    asked, so a dead one holds up nothing. What such a create left on a server, the next `slipway up` removes or adopts.

    **Examples**

    - `slipway unlock dev`
    - `slipway unlock dev --json`
    """
    project = find_project()
    project.require_stack(stack)
    broken = _break_locks(read_locks(_state_folder(project), project.name, stack))
    cleared, kept = _clear_pending_creates(project, stack)
    if as_json:
        locks = [{"process": lock.process, "user": lock.user, "host": lock.host} for lock in broken]
        typer.echo(json.dumps({"stack": stack, "broken": locks, "cleared": cleared, "kept": kept}))
        return
    for lock in broken:
        typer.echo(f"Broke the lock of {lock}: that process is dead.")
    for urn in cleared:
        typer.echo(f"Cleared a create that was never finished: {urn.rsplit('::', 1)[-1]}")
    for urn in kept:
        typer.echo(f"Left for the next `slipway up`, which reads the servers: {urn.rsplit('::', 1)[-1]}")
    idle = f"{stack} is not locked and has no unfinished creates: nothing to do."
    typer.echo(f"Next: `slipway up {stack}`." if broken or cleared else idle)


def _state_folder(project: Project) -> Path:
    """Return the folder that holds the state."""
    try:
        url = str(json.loads(ask(project.root, "whoami", "--json"))["url"])
    except PulumiError as error:
        text = f'there is no state backend: {error}; `eval "$(make -s env)"` or `pulumi login` names one.'
        raise RefusalError(text) from None
    parts = urlsplit(url)
    if parts.scheme != "file":
        text = (
            f"locks in a {parts.scheme} backend cannot be judged from here: `pulumi up` says who holds it; when that "
            "process is dead, `pulumi cancel` breaks it."
        )
        raise RefusalError(text)
    return Path(unquote(parts.netloc + parts.path)).expanduser()


def _break_locks(locks: list[Lock]) -> list[Lock]:
    """Remove locks; when a single one may be somebody's, remove none."""
    host = socket.gethostname()
    for lock in locks:
        match holder(lock, host):
            case Holder.ALIVE:
                text = f"the stack is held by {lock}, and that process lives: wait for it, or end it with Ctrl-C."
                raise RefusalError(text)
            case Holder.ELSEWHERE:
                text = f"the stack is held by {lock}, not from this machine: run `slipway unlock` there."
                raise RefusalError(text)
            case Holder.DEAD:
                pass
    for lock in locks:
        lock.path.unlink(missing_ok=True)
        # The file backend keeps a note beside each of its files.
        lock.path.with_name(f"{lock.path.name}.attrs").unlink(missing_ok=True)
    return locks


def _clear_pending_creates(project: Project, stack: str) -> tuple[list[str], list[str]]:
    """Return the creates that were struck from the state, and the other pending operations, which stay.

    The edit comes before the refresh it is a flag of; that one is a preview of the stack's own node, so it asks no
    provider and saves nothing. An export and import would strike every pending operation; a real refresh waits for
    servers, and writes what it believes they are.
    """
    before = _pending(project, stack)
    creates = [urn for urn, kind in before.operations if kind == CREATING]
    kept = [urn for urn, kind in before.operations if kind != CREATING]
    if not creates:
        return [], kept
    target = ("--target", before.root) if before.root else ()
    flags = ("--preview-only", "--clear-pending-creates", "--skip-plugin-pre-install", *target)
    reason = "Pulumi says nothing about it"
    try:
        ask(project.root, "refresh", "--stack", stack, *flags)
    except PulumiError as error:
        reason = str(error)
    if any(kind == CREATING for _, kind in _pending(project, stack).operations):
        text = f"the unfinished creates of {stack} are still in the state: {reason}."
        raise RefusalError(text)
    return creates, kept


@dataclass(frozen=True, slots=True)
class _Pending:
    operations: tuple[tuple[str, str], ...]
    """Name of the resource and what was being done to it."""
    root: str | None
    """Name of the stack's own node."""


def _pending(project: Project, stack: str) -> _Pending:
    try:
        deployment = json.loads(ask(project.root, "stack", "export", "--stack", stack)).get("deployment") or {}
    except PulumiError as error:
        text = f"the state of {stack} cannot be read: {error}."
        raise RefusalError(text) from None
    operations = deployment.get("pending_operations") or []
    resources = deployment.get("resources") or []
    return _Pending(
        tuple((str(operation["resource"]["urn"]), str(operation["type"])) for operation in operations),
        next((str(resource["urn"]) for resource in resources if resource["type"] == STACK_TYPE), None),
    )
