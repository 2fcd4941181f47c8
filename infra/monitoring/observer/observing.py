"""Rounds of the observer: every few seconds, and at once when Docker tells that something has happened."""

import os
import sys
import time
from collections.abc import Iterator
from queue import Empty
from typing import Final

from infra.monitoring.observer import declared, places
from infra.monitoring.observer.fleet import Fleet
from infra.monitoring.observer.pages import Pages
from infra.monitoring.observer.watch import Event, Watch

FILE: Final = "slipway.prom"
_ROUND_SECONDS: Final = 5.0
_SETTLING_SECONDS: Final = 0.5
"""What happens at once is one round: a product that restarts all the time must not take the processor."""
_MODE: Final = 0o644


class Observer:
    """Looks at this server round after round.

    Args:
        watch: tells what happens to containers.
    """

    def __init__(self, watch: Watch) -> None:
        self._events = watch.events
        self._fleet = Fleet()
        self._pages = Pages()

    def run(self) -> None:
        """Look for as long as the process lives."""
        events: list[Event] = []
        while True:
            try:
                self.look(events)
            except OSError as error:
                sys.stderr.write(f"{places.METRICS / FILE} cannot be written: {error.strerror}; tried again soon\n")
            events = list(self._next())

    def look(self, events: list[Event]) -> None:
        """Write what is there now."""
        self._fleet.hear(events)
        _write(self._pages.page(self._fleet, declared.products()))

    def _next(self) -> Iterator[Event]:
        """Yield what has happened, once something has or the round is over."""
        try:
            yield self._events.get(timeout=_ROUND_SECONDS)
        except Empty:
            return
        time.sleep(_SETTLING_SECONDS)
        while not self._events.empty():
            yield self._events.get()


def _write(page: str) -> None:
    """Put a page in the place of the former one; whoever reads sees one of them as a whole."""
    path = places.METRICS / FILE
    temporary = path.with_name(f".{FILE}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        # Whatever the umask: who exports it is not root.
        os.fchmod(descriptor, _MODE)
        file.write(page)
    temporary.replace(path)
