"""A job of a product: a container that is prepared and not started, run by the calendar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import places, systemd, timer_units
from infra.host.agent.commands import run
from infra.host.agent.kind import Kind
from infra.host.agent.request import current
from infra.host.agent.unit_pair import UnitPair, with_faults

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RUNNER = re.compile(r"/[A-Za-z0-9_+./-]+")
_SERVICE_FIELDS = {"container": "# container=", "runner": "ExecStart=", "description": "Description="}
_TIMER_FIELDS = {"calendar": "OnCalendar="}
_POLL_SECONDS = 1
_MARGIN_SECONDS = 30
"""How much longer the unit may take than its container, before systemd steps in."""


@dataclass(frozen=True, kw_only=True)
class Job(Kind):
    """The units `<name>.service`, which starts a container and waits for its end, and `<name>.timer`.

    A run that is at work when the job is changed goes on to its end, which is waited for: its container would be
    removed with the former release. `runner` is the program on the server that starts the container, ends it after
    `timeout` seconds with a `grace` of some more, and writes down what became of it.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    description: str
    calendar: str
    container: str
    runner: str
    timeout: int = 3600
    grace: int = 10

    def read(self) -> dict[str, Any] | None:
        """Return what differs; that the timer does not run as written is told with its calendar."""
        found = self._units.differences(_SERVICE_FIELDS, _TIMER_FIELDS)
        return None if found is None else with_faults(found, self.calendar, self._units.faults())

    def apply(self) -> None:
        """Write the units, enable the timer and start it; wait for a run of what was there before."""
        units = self._units
        former = "" if units.is_current() else self._at_work()
        units.settle(self.calendar)
        if former:
            current().status(f"waiting for the run of {self.name} that is at work")
            while self._at_work() == former:
                current().pause(_POLL_SECONDS)

    def remove(self) -> None:
        """Stop the timer and a run that is at work, and delete both units; what was written down stays."""
        units = self._units
        if not units.is_there():
            return
        units.stop()
        systemd.bring("stop", units.service)
        units.delete()
        # One that failed would be listed for ever; one that did not is not known any more.
        run(["systemctl", "reset-failed", units.service])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot stand in a unit."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be of lower-case letters, digits, `_` and `-`"
        texts = {"description": self.description, "calendar": self.calendar, "container": self.container}
        for name, text in texts.items():
            if not text.strip() or "\n" in text:
                yield name, "must be one line that is not empty"
        if not _RUNNER.fullmatch(self.runner):
            yield "runner", "must be a program by its absolute path"
        for name, seconds in (("timeout", self.timeout), ("grace", self.grace)):
            if seconds <= 0:
                yield name, "must be longer than 0 seconds"

    @property
    def _units(self) -> UnitPair:
        record = places.JOBS / f"{self.name}.jsonl"
        words = ["/usr/bin/python3", "-I", "-B", self.runner, self.container, str(record)]
        return UnitPair(
            name=self.name,
            service_text=timer_units.job(
                description=self.description,
                container=self.container,
                command=[*words, str(self.timeout), str(self.grace)],
                longest=self.timeout + self.grace + _MARGIN_SECONDS,
                stopping=self.grace + _MARGIN_SECONDS,
            ),
            timer_text=timer_units.job_timer(description=self.description, calendar=self.calendar),
        )

    def _at_work(self) -> str:
        """Return when the run began that is at work; nothing when none is."""
        shown = systemd.show(self._units.service)
        return shown["InactiveExitTimestampMonotonic"] if systemd.is_running(shown) else ""
