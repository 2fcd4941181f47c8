"""The logs of a product, each line as JSON: first what there is in the order of time, then what comes."""

import heapq
import json
import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, NoReturn

from infra.monitoring.observer import containers
from infra.monitoring.observer.containers import Container
from infra.monitoring.observer.engine import AwayError
from infra.monitoring.observer.lines import Line, after, lines
from infra.monitoring.observer.watch import ANYTHING, Watch


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to read."""

    stack: str
    product: str
    service: str | None
    """All when absent."""
    since: float | None
    """Seconds since 1970."""
    tail: int | None
    """Most lines of each container that were written before now."""
    follow: bool

    def has(self, container: Container) -> bool:
        """Tell whether it is about a container."""
        its = (container.stack, container.product) == (self.stack, self.product)
        return its and self.service in (None, container.service)


class _Teller:
    """Prints lines of several containers, each as a whole."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._begin = f"{time.time():.9f}"
        self._printing = threading.Lock()
        self._followed: set[str] = set()
        self._told: dict[str, str] = {}
        """Container to the moment after its last line."""

    def tell_past(self) -> None:
        """Print what there is."""
        query = {"until": self._begin}
        if self._wish.since is not None:
            query["since"] = f"{self._wish.since:.9f}"
        if self._wish.tail is not None:
            query["tail"] = str(self._wish.tail)
        with ExitStack() as stack:
            read = [
                stack.enter_context(closing(self._past(container, query)))
                for container in map(containers.described, self._all())
                if container and self._wish.has(container)
            ]
            for line, container in heapq.merge(*read, key=lambda pair: pair[0].time):
                self._tell(container, line)

    def tell_future(self) -> NoReturn:
        """Print what comes, also of containers that are started from now on."""
        watch = Watch()
        watch.start()
        while True:
            event = watch.events.get()
            try:
                if event == ANYTHING:
                    for container in self._all():
                        self._follow(container)
                elif event.action == "start":
                    self._follow(event.container)
            except AwayError:
                # It is listened to again once Docker answers.
                continue

    def _all(self) -> list[str]:
        labels = (f"slipway.stack={self._wish.stack}", f"slipway.product={self._wish.product}")
        return list(containers.every(*labels))

    def _past(self, container: Container, query: dict[str, str]) -> Generator[tuple[Line, Container]]:
        try:
            for line in lines(container, query, follow=False):
                yield line, container
        except AwayError as error:
            self._print({"trouble": f"{container.name}: {error}"})

    def _follow(self, container: str) -> None:
        found = containers.described(container)
        if found is None or not found.is_running or not self._wish.has(found) or container in self._followed:
            return
        self._followed.add(container)
        threading.Thread(target=self._tell_coming, args=(found,), daemon=True).start()

    def _tell_coming(self, container: Container) -> None:
        """Print the lines of a container until it stops."""
        try:
            since = self._told.get(container.id, self._begin)
            for line in lines(container, {"since": since}, follow=True):
                self._told[container.id] = after(line.time)
                self._tell(container, line)
        except AwayError as error:
            self._print({"trouble": f"{container.name}: {error}"})
        finally:
            self._followed.discard(container.id)

    def _tell(self, container: Container, line: Line) -> None:
        service = f"{container.service}.{container.task}" if container.task else container.service
        self._print({"service": service, "release": container.release, "time": line.time, "line": line.text})

    def _print(self, data: dict[str, Any]) -> None:
        with self._printing:
            try:
                sys.stdout.write(f"{json.dumps(data)}\n")
                sys.stdout.flush()
            except OSError:
                # Nobody reads any more.
                os._exit(0)


def tell(wish: Wish) -> None:
    """Print what somebody wants to read, until it is all told or nobody reads any more.

    Raises:
        AwayError: Docker does not answer.
    """
    teller = _Teller(wish)
    teller.tell_past()
    if wish.follow:
        # A connection that is cut ends what this process reads; what it writes may not come for hours.
        threading.Thread(target=_end_with_reader, daemon=True).start()
        teller.tell_future()


def _end_with_reader() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
