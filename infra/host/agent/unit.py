"""A systemd unit."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import former, systemd
from infra.host.agent.commands import must
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_STALE = "<newer than the unit's start>"
_FOREIGN = "<not declared>"


@dataclass(frozen=True, kw_only=True)
class Unit(Kind):
    """A unit, enabled and running or not, or masked; its files are `File` resources.

    Drop-ins of others below `/etc/systemd/system` stay where they were there before us. One that is added later is put
    aside: it would win over ours.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    enabled: bool = True
    active: bool = True
    restart_on: Mapping[str, str] = field(default_factory=dict)
    masked: bool = False

    def read(self) -> dict[str, Any] | None:
        """Return its state, and by path which files are newer than its start, and drop-ins that others have added."""
        return self._found(systemd.foreign_drop_ins(self.name, self._accepted() or ()))

    def preview(self) -> dict[str, Any] | None:
        """Return its state; drop-ins that are there before us stay."""
        accepted = self._accepted()
        return self._found([] if accepted is None else systemd.foreign_drop_ins(self.name, accepted))

    def apply(self) -> None:
        """Enable, start, stop and mask it as wanted; restart it only for a file that it does not run with yet."""
        outdated = self._settle_drop_ins()
        if self.masked:
            self._mask()
            return
        shown = self._loaded()
        if self._is_enabled(shown["UnitFileState"]) != self.enabled:
            must(["systemctl", "enable" if self.enabled else "disable", self.name])
        running = systemd.is_running(shown)
        if self.active and not running:
            systemd.bring("start", self.name)
        elif not self.active and running:
            systemd.bring("stop", self.name)
        elif running and (outdated or self._restart_on(shown) != self.restart_on):
            current().status(f"restarting {self.name}")
            systemd.bring("restart", self.name)

    def remove(self) -> None:
        """Stop and disable what this resource had started and enabled, or unmask what it had masked."""
        former.forget(self)
        found = self.read()
        if found is None:
            return
        if self.masked and found["masked"]:
            systemd.unmask(self.name, systemd.show(self.name))
        if self.active and found["active"]:
            systemd.bring("stop", self.name)
        if self.enabled and found["enabled"] and not found["masked"]:
            must(["systemctl", "disable", self.name])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name without a type, files that are no absolute paths, and a masked unit that is to run."""
        if "." not in self.name:
            yield "name", "must end in the unit's type, as in `docker.service`"
        if not all(path.startswith("/") for path in self.restart_on):
            yield "restart_on", "must name files by absolute paths"
        if self.masked and (self.enabled or self.active):
            yield "masked", "a masked unit can neither be enabled nor active: say that both are false"

    def _found(self, foreign: Sequence[Path]) -> dict[str, Any] | None:
        shown = systemd.show(self.name)
        if shown["LoadState"] == "not-found":
            return None
        return {
            "enabled": self._is_enabled(shown["UnitFileState"]),
            "active": systemd.is_running(shown),
            "restart_on": self._restart_on(shown) | {str(path): _FOREIGN for path in foreign},
            "masked": shown["LoadState"] == "masked",
        }

    def _accepted(self) -> list[str] | None:
        """Return the drop-ins of others that stay, or nothing while the unit is not ours yet."""
        kept = former.recall(self)
        return None if kept is None else list(json.loads(kept))

    def _loaded(self) -> dict[str, str]:
        """Return the state of the unit as its files now are."""
        shown = systemd.show(self.name)
        if shown["LoadState"] == "masked":
            systemd.unmask(self.name, shown)
            shown = systemd.show(self.name)
        if shown["LoadState"] == "not-found" or shown["NeedDaemonReload"] == "yes":
            must(["systemctl", "daemon-reload"])
            shown = systemd.show(self.name)
        if shown["LoadState"] != "loaded":
            message = f"the unit {self.name} is {shown['LoadState']} on {current().host}"
            raise AgentError(message)
        return shown

    def _mask(self) -> None:
        shown = systemd.show(self.name)
        if systemd.is_running(shown):
            systemd.bring("stop", self.name)
        if shown["LoadState"] != "masked":
            must(["systemctl", "mask", self.name])

    def _settle_drop_ins(self) -> bool:
        """Accept the drop-ins from before us, put later ones aside; return whether the unit runs with one of those."""
        accepted = self._accepted()
        if accepted is None:
            accepted = [path.name for path in systemd.foreign_drop_ins(self.name)]
            former.remember(self, json.dumps(accepted))
            if accepted:
                current().warn(f"{', '.join(accepted)} of {self.name} on {current().host} stays as it is")
        foreign = systemd.foreign_drop_ins(self.name, accepted)
        if not foreign:
            return False
        shown = systemd.show(self.name)
        started = systemd.started_at(shown)
        running_with = systemd.is_running(shown) and not all(_is_newer(path, started) for path in foreign)
        systemd.put_drop_ins_aside(self.name, accepted)
        must(["systemctl", "daemon-reload"])
        return running_with

    def _is_enabled(self, state: str) -> bool:
        # Units that are static, generated and the like can be neither enabled nor disabled: they are as wanted.
        return {"enabled": True, "enabled-runtime": True, "disabled": False}.get(state, self.enabled)

    def _restart_on(self, shown: Mapping[str, str]) -> dict[str, str]:
        """Return `restart_on` with a mark in place of the sum of every file that is newer than the unit's start."""
        if not self.active or not systemd.is_running(shown):
            return dict(self.restart_on)
        started = systemd.started_at(shown)
        return {path: _STALE if _is_newer(path, started) else wanted for path, wanted in self.restart_on.items()}


def _is_newer(path: str | Path, moment: float) -> bool:
    try:
        return Path(path).stat().st_mtime > moment
    except FileNotFoundError:
        return False
