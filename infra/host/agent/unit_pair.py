"""A timer of systemd and the service that it starts, as two files that are ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.host.agent import own_file, places, systemd
from infra.host.agent.commands import last_words, must, run
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current


@dataclass(frozen=True, kw_only=True)
class UnitPair:
    """Both units under one name; the timer is enabled and started."""

    name: str
    service_text: str
    timer_text: str

    @property
    def service(self) -> str:
        """Name of the service."""
        return f"{self.name}.service"

    @property
    def timer(self) -> str:
        """Name of the timer."""
        return f"{self.name}.timer"

    def differences(self, in_service: Mapping[str, str], in_timer: Mapping[str, str]) -> dict[str, str] | None:
        """Return by field what the files say otherwise, or nothing when one is not there.

        Args:
            in_service: field to how the line of the service begins that holds it.
            in_timer: the same for the timer.
        """
        service = own_file.differences(places.UNITS / self.service, self.service_text, in_service)
        timer = own_file.differences(places.UNITS / self.timer, self.timer_text, in_timer)
        return None if service is None or timer is None else {**service, **timer}

    def faults(self) -> list[str]:
        """Return what keeps the timer from running as its units are written."""
        shown = systemd.show(self.timer)
        overriding = [path for unit in (self.timer, self.service) for path in systemd.foreign_drop_ins(unit)]
        return [
            *([] if shown["UnitFileState"] == "enabled" else [shown["UnitFileState"] or "not enabled"]),
            *([] if systemd.is_running(shown) else ["stopped"]),
            *(f"overridden by {path}" for path in overriding),
        ]

    def settle(self, calendar: str) -> None:
        """Write the units, enable the timer and start it.

        Args:
            calendar: when it runs, which the server has to know.

        Raises:
            AgentError: the server knows no such time; nothing was written.
        """
        if not own_file.is_intact(places.UNITS / self.timer, self.timer_text):
            _check_calendar(calendar)
        texts = ((self.service, self.service_text), (self.timer, self.timer_text))
        changed = [unit for unit, text in texts if _settle(unit, text)]
        shown = systemd.show(self.timer)
        if changed or shown["NeedDaemonReload"] == "yes":
            must(["systemctl", "daemon-reload"])
            shown = systemd.show(self.timer)
        if shown["UnitFileState"] != "enabled":
            must(["systemctl", "enable", self.timer])
        if not systemd.is_running(shown):
            systemd.bring("start", self.timer)
        elif self.timer in changed:
            systemd.bring("restart", self.timer)

    def is_current(self) -> bool:
        """Tell whether the service is as it was written."""
        return own_file.is_intact(places.UNITS / self.service, self.service_text)

    def is_there(self) -> bool:
        """Tell whether one of the files is there."""
        return any((places.UNITS / unit).exists() for unit in (self.timer, self.service))

    def stop(self) -> None:
        """Start the service by the calendar no more; one that is at work goes on."""
        if systemd.show(self.timer)["LoadState"] != "not-found":
            must(["systemctl", "disable", "--now", self.timer])

    def delete(self) -> None:
        """Delete both files."""
        for unit in (self.timer, self.service):
            own_file.remove(places.UNITS / unit)
        must(["systemctl", "daemon-reload"])


def _check_calendar(calendar: str) -> None:
    result = run(["systemd-analyze", "calendar", "--", calendar])
    if result.code != 0:
        message = f"{current().host} knows no calendar `{calendar}`: {last_words(result)}"
        raise AgentError(message)


def _settle(unit: str, text: str) -> bool:
    """Write a unit and put aside what overrides it; return whether there was anything to do."""
    written = own_file.write(places.UNITS / unit, text)
    return systemd.put_drop_ins_aside(unit) or written


def with_faults(found: dict[str, Any], calendar: str, faults: list[str]) -> dict[str, Any]:
    """Return what was found, with what keeps the timer from running told as its calendar."""
    return {**found, "calendar": f"{found.get('calendar', calendar)} ({', '.join(faults)})"} if faults else found
