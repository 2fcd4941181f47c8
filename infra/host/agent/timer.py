"""A command that runs by the calendar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import timer_units
from infra.host.agent.commands import run
from infra.host.agent.kind import Kind
from infra.host.agent.unit_pair import UnitPair, with_faults

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PROGRAM = re.compile(r"/[A-Za-z0-9_+./-]+")
_SERVICE_FIELDS = {"command": "ExecStart=", "description": "Description="}
_TIMER_FIELDS = {"calendar": "OnCalendar=", "randomized_delay": "RandomizedDelaySec=", "persistent": "Persistent="}


@dataclass(frozen=True, kw_only=True)
class Timer(Kind):
    """A command that systemd runs by the calendar, as root in a sandbox.

    It is `slipway-<name>.service`, and `slipway-<name>.timer` which is enabled and started.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    description: str
    calendar: str
    command: tuple[str, ...]
    randomized_delay: int = 0
    persistent: bool = True

    def read(self) -> dict[str, Any] | None:
        """Return what differs; that the timer does not run as written is told with its calendar."""
        found = self._units.differences(_SERVICE_FIELDS, _TIMER_FIELDS)
        return None if found is None else with_faults(found, self.calendar, self._units.faults())

    def apply(self) -> None:
        """Write the units, enable the timer and start it."""
        self._units.settle(self.calendar)

    def remove(self) -> None:
        """Stop the timer and delete both units; a command that runs just now ends by itself."""
        if self._units.is_there():
            self._units.stop()
            self._units.delete()
            # One that failed would be listed for ever; one that did not is not known any more.
            run(["systemctl", "reset-failed", self._units.service])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot stand in a unit."""
        if not NAME.fullmatch(self.name):
            yield "name", "must be of lower-case letters, digits, `_` and `-`"
        for name, text in (("description", self.description), ("calendar", self.calendar)):
            if not text.strip() or "\n" in text:
                yield name, "must be one line that is not empty"
        if not self.command or not _PROGRAM.fullmatch(self.command[0]):
            yield "command", "must begin with a program by its absolute path"
        if self.randomized_delay < 0:
            yield "randomized_delay", "must be a number of seconds, or 0"

    @property
    def _units(self) -> UnitPair:
        return UnitPair(
            name=f"slipway-{self.name}",
            service_text=timer_units.service(description=self.description, command=self.command),
            timer_text=timer_units.timer(
                description=self.description,
                calendar=self.calendar,
                randomized_delay=self.randomized_delay,
                persistent=self.persistent,
            ),
        )
