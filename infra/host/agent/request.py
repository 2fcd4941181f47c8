"""The request a kind is handled in: when to stop, how to report progress, what to undo."""

import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from infra.host.agent.kind import AgentError

_POLL_SECONDS = 0.1


class CancelledError(AgentError):
    """The request was given up because the connection ended or the user interrupted the update."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The run of Pulumi that the agent was started for."""

    id: str = ""
    actor: str = ""
    """Who runs it."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the agent was started."""


@dataclass(kw_only=True)
class Request:
    """One request, as the kinds see it."""

    number: int
    """The id its answer carries."""
    message: dict[str, Any]
    """The request as it came."""
    host: str
    """What people call this server."""
    stop: Event
    """Set when the agent is about to end or the update was interrupted."""
    send: Callable[[dict[str, Any]], None]
    """Sends a line to the plugin."""
    run: Run = field(default_factory=Run)
    undo: Callable[[], None] | None = field(default=None)
    """Puts back what the request changed; called unless the plugin acknowledges the answer."""

    verdicts: SimpleQueue[str] = field(default_factory=SimpleQueue)
    """What the plugin says when it was asked for a new connection: why that failed, or nothing."""

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            CancelledError: when the request is given up meanwhile.
        """
        if self.stop.wait(seconds):
            message = "interrupted"
            raise CancelledError(message)

    def status(self, text: str) -> None:
        """Report progress to the person who waits."""
        self.send({"id": self.number, "status": text})

    def warn(self, text: str) -> None:
        """Tell the person something that they should look at, and that is no failure."""
        self.send({"id": self.number, "warning": text})

    def confirm(self, seconds: float) -> str:
        """Have the plugin sign in anew; return why that failed, or nothing.

        Raises:
            CancelledError: when the request is given up meanwhile.
        """
        self.send({"id": self.number, "confirm": True})
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(Empty):
                verdict = self.verdicts.get(timeout=_POLL_SECONDS)
                self.pause(0)
                return verdict
            self.pause(0)
        return "it was not told in time whether that works"


_current: ContextVar[Request] = ContextVar("_current")


def enter(request: Request) -> None:
    """Make `request` the current one of this thread."""
    _current.set(request)


def current() -> Request:
    """Return the request this thread handles."""
    return _current.get()
