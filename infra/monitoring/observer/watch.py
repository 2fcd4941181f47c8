"""What Docker tells of containers while it happens."""

import json
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from queue import SimpleQueue
from typing import Final, NamedTuple

from infra.monitoring.observer import engine

_ACTIONS: Final = (
    "create",
    "destroy",
    "die",
    "health_status",
    "oom",
    "pause",
    "rename",
    "start",
    "unpause",
    "update",
)
_FILTERS: Final = json.dumps({"type": ["container"], "event": list(_ACTIONS)})
_PAUSE_SECONDS: Final = 1.0


class Event(NamedTuple):
    """Something has happened to a container."""

    action: str
    container: str
    """Its id; empty when anything may have happened to any."""


ANYTHING: Final = Event("", "")
"""Docker is listened to again: whatever happened before was missed."""


class Watch:
    """Listens to Docker for as long as the process lives.

    Args:
        pause: waits before Docker is tried again.
    """

    def __init__(self, pause: Callable[[float], object] = time.sleep) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self._pause = pause

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            self.listen_once()
            self._pause(_PAUSE_SECONDS)

    def listen_once(self) -> None:
        """Pass on what Docker tells until it ends, also with it."""
        try:
            with engine.opened("/events", {"filters": _FILTERS}, seconds=None) as answer:
                self.events.put(ANYTHING)
                while line := answer.readline():
                    self._hear(line)
        except (engine.AwayError, OSError, ValueError, HTTPException):
            pass
        self.events.put(ANYTHING)

    def _hear(self, line: bytes) -> None:
        told = json.loads(line)
        # A check that has begun says nothing yet.
        if told.get("Action") != "health_status: running":
            self.events.put(Event(str(told.get("Action", "")), str((told.get("Actor") or {}).get("ID", ""))))
