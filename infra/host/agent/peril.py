"""Changes that could lock people out: each is on trial until a new connection confirms it, else it is put back."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Literal

from infra.host.agent import places, rescue_store
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.put_back import Outcome
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue

Answer = dict[str, Any] | None
_CONFIRM_SECONDS = 60
"""How long the plugin may take to find out; it gives each of two users 20 s to sign in."""
_MARGIN_SECONDS = 10
"""How long before the timer goes off a change is no longer confirmed."""
_PATIENCE_SECONDS = 130
"""Longer than another agent's change can stay on trial."""
_POLL_SECONDS = 0.2

_alone = Lock()
"""Held by the request whose change is on trial."""


class PutBackError(AgentError):
    """A change failed; `cause` is why, and the text tells what was put back."""

    def __init__(self, cause: BaseException, outcome: Outcome) -> None:
        super().__init__(_sentence(outcome))
        self.cause = cause


def guarded(kind: Kind, operation: Literal["apply", "remove"], change: Callable[[], Answer]) -> Answer:
    """Make a change, and where it could lock people out keep it only when a new connection confirms it.

    Raises:
        PutBackError: when it failed, or was not confirmed, and something was put back.
    """
    if not _is_perilous(kind):
        return change()
    with _one_at_a_time():
        rescue = kind.rescue() if changes(kind, operation) else None
        return change() if rescue is None else _on_trial(kind, rescue, change)


def wait_for_trial(kind: Kind) -> None:
    """Wait, before a kind is read, until what is on trial is confirmed or put back: it might be what is read."""
    if _is_perilous(kind) and rescue_store.is_pending():
        with _one_at_a_time():
            pass


def differing(kind: Kind, found: dict[str, Any]) -> list[str]:
    """Return the fields that are not as wanted."""
    return sorted(name for name, value in found.items() if _differs(kind, name, value))


def changes(kind: Kind, operation: Literal["apply", "remove"]) -> bool:
    """Tell whether an operation would change anything."""
    found = kind.read()
    if operation == "remove":
        return found is not None
    return found is None or bool(differing(kind, found))


def _differs(kind: Kind, name: str, value: Any) -> bool:
    wanted = getattr(kind, name, None) if name not in kind.COMPUTED else None
    return wanted is not None and wanted != value


def _is_perilous(kind: Kind) -> bool:
    return type(kind).rescue is not Kind.rescue


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the one lock under which such changes are made, and put back what an agent left that is gone."""
    while not _alone.acquire(timeout=_POLL_SECONDS):
        current().pause(0)
    try:
        with _no_other_agent():
            rescue_store.settle()
            yield
    finally:
        _alone.release()


@contextmanager
def _no_other_agent() -> Iterator[None]:
    """Hold the lock between agents; the system frees it when an agent is killed."""
    places.LOCKS.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(places.LOCKS / "rescue.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _take(descriptor):
            current().status("waiting for another run that changes how this server is reached")
            if time.monotonic() > deadline:
                message = f"another run is changing how {current().host} is reached: wait for it to end, then try again"
                raise AgentError(message)
            current().pause(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _on_trial(kind: Kind, rescue: Rescue, change: Callable[[], Answer]) -> Answer:
    """Make a change while the timer runs that undoes it, and have it confirmed."""
    trial, began = rescue_store.arm(rescue), time.monotonic()
    try:
        answer = change()
    except BaseException as error:
        # What was refused before anything was touched needs no reload, which may take long.
        if not rescue_store.is_changed(trial) and rescue_store.keep(trial):
            raise
        raise PutBackError(error, rescue_store.undo(trial)) from error
    try:
        _confirm(kind, rescue_store.WINDOW_SECONDS - _MARGIN_SECONDS - (time.monotonic() - began))
        _keep(kind, trial)
    except BaseException as error:
        raise PutBackError(error, rescue_store.undo(trial)) from error
    return answer


def _confirm(kind: Kind, seconds: float) -> None:
    """Have the plugin sign in anew.

    Raises:
        AgentError: when that failed, or nobody says how it went.
    """
    current().status(f"confirming {kind.label()} by a new connection")
    refusal = current().confirm(min(seconds, _CONFIRM_SECONDS))
    if refusal:
        message = f"{kind.label()} is not kept, because signing in anew failed after the change: {refusal}"
        raise AgentError(message)


def _keep(kind: Kind, trial: str) -> None:
    if not rescue_store.keep(trial):
        message = f"{kind.label()} is not kept, because it was not confirmed within {rescue_store.WINDOW_SECONDS} s"
        raise AgentError(message)


def _sentence(outcome: Outcome) -> str:
    """Return what people are told about what was put back."""
    parts = [f"put back: {', '.join(outcome.restored)}" if outcome.restored else "what was there is in effect again"]
    failed = [*outcome.stuck, *outcome.unloaded]
    if failed:
        parts.append(
            f"but not all of it yet, which is tried again within {rescue_store.WINDOW_SECONDS} s: {'; '.join(failed)}"
        )
    return "; ".join(parts)
