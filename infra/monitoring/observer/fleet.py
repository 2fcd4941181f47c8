"""All containers of this server: each is asked for when something has happened to it, and all from time to time."""

import time
from collections.abc import Iterable
from typing import Final

from infra.monitoring.observer import containers
from infra.monitoring.observer.containers import Container
from infra.monitoring.observer.engine import AwayError
from infra.monitoring.observer.watch import ANYTHING, Event

_WHOLE_SECONDS: Final = 60.0


class Fleet:
    """What is known of the containers; while Docker is away, what was known before."""

    def __init__(self) -> None:
        self.answers = False
        """Whether Docker does."""
        self._known: dict[str, Container] = {}
        self._kills: dict[str, int] = {}
        self._whole = 0.0

    def containers(self) -> list[Container]:
        """Return the containers, by name."""
        return sorted(self._known.values(), key=lambda each: each.name)

    def oom_kills(self, container: Container) -> int:
        """Return how often a process of a container was killed for want of memory, since it was first seen."""
        return self._kills.get(container.id, 0)

    def hear(self, events: Iterable[Event]) -> None:
        """Bring what is known up to date.

        Args:
            events: what has happened since the last time.
        """
        heard = list(events)
        for event in heard:
            if event.action == "oom":
                self._kills[event.container] = self._kills.get(event.container, 0) + 1
        due = ANYTHING in heard or not self.answers or time.monotonic() > self._whole + _WHOLE_SECONDS
        try:
            if due:
                self._ask_all()
            else:
                for container in {event.container for event in heard}:
                    self._ask(container)
            self.answers = True
        except AwayError:
            self.answers = False

    def _ask_all(self) -> None:
        there = list(containers.every())
        for container in there:
            self._ask(container)
        for gone in self._known.keys() - set(there):
            self._forget(gone)
        self._whole = time.monotonic()

    def _ask(self, container: str) -> None:
        found = containers.described(container)
        if found is None:
            self._forget(container)
            return
        if container not in self._known:
            # What killed it before anybody listened is counted once.
            self._kills.setdefault(container, int(found.oom_killed))
        self._known[container] = found

    def _forget(self, container: str) -> None:
        self._known.pop(container, None)
        self._kills.pop(container, None)
