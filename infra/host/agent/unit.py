"""A systemd unit."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent.commands import must, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_SHOWN = ("LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload", "InactiveExitTimestampMonotonic")
_RUNNING = frozenset({"active", "activating", "reloading"})
_STALE = "<newer than the unit's start>"
_JOURNAL_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Unit(Kind):
    """A unit, enabled and running or not; its files are `File` resources."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    enabled: bool = True
    active: bool = True
    restart_on: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> dict[str, Any] | None:
        """Return whether it is enabled and running, and which files are newer than its start."""
        shown = self._show()
        if shown["LoadState"] == "not-found":
            return None
        return {
            "enabled": self._is_enabled(shown["UnitFileState"]),
            "active": shown["ActiveState"] in _RUNNING,
            "restart_on": self._restart_on(shown),
        }

    def apply(self) -> None:
        """Enable, start, stop and restart it as wanted; restart only for a file that is newer than its start."""
        shown = self._show()
        if shown["LoadState"] == "not-found" or shown["NeedDaemonReload"] == "yes":
            must(["systemctl", "daemon-reload"])
            shown = self._show()
        if shown["LoadState"] != "loaded":
            message = f"the unit {self.name} is {shown['LoadState']} on {current().host}"
            raise AgentError(message)
        if self._is_enabled(shown["UnitFileState"]) != self.enabled:
            must(["systemctl", "enable" if self.enabled else "disable", self.name])
        running = shown["ActiveState"] in _RUNNING
        if self.active and not running:
            self._bring("start")
        elif not self.active and running:
            self._bring("stop")
        elif running and self._restart_on(shown) != self.restart_on:
            current().status(f"restarting {self.name}")
            self._bring("restart")

    def remove(self) -> None:
        """Stop and disable what this resource had started and enabled."""
        found = self.read()
        if found is None:
            return
        if self.active and found["active"]:
            self._bring("stop")
        if self.enabled and found["enabled"]:
            must(["systemctl", "disable", self.name])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name without a type and files that are no absolute paths."""
        if "." not in self.name:
            yield "name", "must end in the unit's type, as in `docker.service`"
        if not all(path.startswith("/") for path in self.restart_on):
            yield "restart_on", "must name files by absolute paths"

    def _show(self) -> dict[str, str]:
        lines = must(["systemctl", "show", f"--property={','.join(_SHOWN)}", self.name]).splitlines()
        return dict.fromkeys(_SHOWN, "") | dict(line.split("=", 1) for line in lines)

    def _is_enabled(self, state: str) -> bool:
        # Units that are static, generated and the like can be neither enabled nor disabled: they are as wanted.
        return {"enabled": True, "enabled-runtime": True, "disabled": False}.get(state, self.enabled)

    def _restart_on(self, shown: Mapping[str, str]) -> dict[str, str]:
        """Return `restart_on` with a mark in place of the sum of every file that is newer than the unit's start."""
        if not self.active or shown["ActiveState"] not in _RUNNING:
            return dict(self.restart_on)
        age = time.clock_gettime(time.CLOCK_MONOTONIC) - int(shown["InactiveExitTimestampMonotonic"] or 0) / 1_000_000
        started = time.time() - age
        return {path: _STALE if _is_newer(path, started) else wanted for path, wanted in self.restart_on.items()}

    def _bring(self, verb: str) -> None:
        result = run(["systemctl", verb, self.name], finish=True)
        if result.code != 0:
            journal = run(
                ["journalctl", f"--unit={self.name}", f"--lines={_JOURNAL_LINES}", "--output=cat", "--no-pager"]
            )
            message = f"{self.name} did not {verb}: {result.complaint.strip()}\n{journal.output.strip()}"
            raise AgentError(message)


def _is_newer(path: str, moment: float) -> bool:
    try:
        return Path(path).stat().st_mtime > moment
    except FileNotFoundError:
        return False
