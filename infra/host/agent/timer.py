"""A command that runs by the calendar."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import own_file, places, systemd, timer_units
from infra.host.agent.commands import last_words, must, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
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
        service = own_file.differences(places.UNITS / self._service, self._service_text, _SERVICE_FIELDS)
        timer = own_file.differences(places.UNITS / self._timer, self._timer_text, _TIMER_FIELDS)
        if service is None or timer is None:
            return None
        found: dict[str, Any] = {**service, **timer}
        wrong = self._state()
        if wrong:
            found["calendar"] = f"{found.get('calendar', self.calendar)} ({', '.join(wrong)})"
        return found

    def apply(self) -> None:
        """Write the units, enable the timer and start it."""
        if not own_file.is_intact(places.UNITS / self._timer, self._timer_text):
            self._check_calendar()
        changed = [
            unit
            for unit, text in ((self._service, self._service_text), (self._timer, self._timer_text))
            if _settle(unit, text)
        ]
        shown = systemd.show(self._timer)
        if changed or shown["NeedDaemonReload"] == "yes":
            must(["systemctl", "daemon-reload"])
            shown = systemd.show(self._timer)
        if shown["UnitFileState"] != "enabled":
            must(["systemctl", "enable", self._timer])
        if not systemd.is_running(shown):
            systemd.bring("start", self._timer)
        elif self._timer in changed:
            systemd.bring("restart", self._timer)

    def remove(self) -> None:
        """Stop the timer and delete both units; a command that runs just now ends by itself."""
        if not any((places.UNITS / unit).exists() for unit in (self._timer, self._service)):
            return
        if systemd.show(self._timer)["LoadState"] != "not-found":
            must(["systemctl", "disable", "--now", self._timer])
        for unit in (self._timer, self._service):
            own_file.remove(places.UNITS / unit)
        must(["systemctl", "daemon-reload"])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot stand in a unit."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be of lower-case letters, digits, `_` and `-`"
        for name, text in (("description", self.description), ("calendar", self.calendar)):
            if not text.strip() or "\n" in text:
                yield name, "must be one line that is not empty"
        if not self.command or not _PROGRAM.fullmatch(self.command[0]):
            yield "command", "must begin with a program by its absolute path"
        if self.randomized_delay < 0:
            yield "randomized_delay", "must be a number of seconds, or 0"

    @property
    def _service(self) -> str:
        return f"slipway-{self.name}.service"

    @property
    def _timer(self) -> str:
        return f"slipway-{self.name}.timer"

    @property
    def _service_text(self) -> str:
        return timer_units.service(description=self.description, command=self.command)

    @property
    def _timer_text(self) -> str:
        return timer_units.timer(
            description=self.description,
            calendar=self.calendar,
            randomized_delay=self.randomized_delay,
            persistent=self.persistent,
        )

    def _state(self) -> list[str]:
        """Return what keeps the timer from running as its units are written."""
        shown = systemd.show(self._timer)
        overriding = [path for unit in (self._timer, self._service) for path in systemd.foreign_drop_ins(unit)]
        return [
            *([] if shown["UnitFileState"] == "enabled" else [shown["UnitFileState"] or "not enabled"]),
            *([] if systemd.is_running(shown) else ["stopped"]),
            *(f"overridden by {path}" for path in overriding),
        ]

    def _check_calendar(self) -> None:
        result = run(["systemd-analyze", "calendar", "--", self.calendar])
        if result.code != 0:
            message = f"{current().host} knows no calendar `{self.calendar}`: {last_words(result)}"
            raise AgentError(message)


def _settle(unit: str, text: str) -> bool:
    """Write a unit and put aside what overrides it; return whether there was anything to do."""
    written = own_file.write(places.UNITS / unit, text)
    return systemd.put_drop_ins_aside(unit) or written
