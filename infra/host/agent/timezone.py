"""The time zone of the server."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import files, former, places
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_MAGIC = b"TZif"


@dataclass(frozen=True, kw_only=True)
class Timezone(Kind):
    """The time zone of the server; removing the resource brings back the former one.

    It is set by its two files: `timedatectl` would also set the clock of the machine that a container shares.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    zone: str

    def read(self) -> dict[str, Any] | None:
        """Return the zone; where the two files differ, a text that says so."""
        linked, written = _linked(), _written()
        return {"zone": linked if written == linked else f"{linked} ({places.TIMEZONE}: {written or 'nothing'})"}

    def apply(self) -> None:
        """Set the zone."""
        if not _is_known(self.zone):
            message = f"{current().host} knows no time zone {self.zone}"
            raise AgentError(message)
        former.remember(self, _linked())
        _set(self.zone)

    def remove(self) -> None:
        """Bring back the zone from before."""
        zone = former.recall(self)
        if zone and _is_known(zone):
            _set(zone)
        former.forget(self)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a zone that is none."""
        if not _ZONE.fullmatch(self.zone):
            yield "zone", "must be the name of a time zone, as in `Etc/UTC` or `Europe/Berlin`"

    def identity(self) -> str:
        """Return the same for every zone: a server has one."""
        return "timezone"

    def label(self) -> str:
        """Return what people call it."""
        return "Timezone"


def _linked() -> str:
    """Return the zone that the link leads to; a server without one is on UTC."""
    try:
        target = places.LOCALTIME.readlink()
    except FileNotFoundError:
        return "UTC"
    except OSError:
        return "<not a link>"
    # Links from one zone to another, as from UTC to Etc/UTC, are not followed.
    path = os.path.normpath(places.LOCALTIME.parent / target)
    zones = f"{places.ZONES}/"
    return path.removeprefix(zones) if path.startswith(zones) else f"<a link to {target}>"


def _written() -> str:
    try:
        return places.TIMEZONE.read_text().strip()
    except FileNotFoundError:
        return ""


def _is_known(zone: str) -> bool:
    try:
        with (places.ZONES / zone).open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _set(zone: str) -> None:
    if _linked() != zone or not places.LOCALTIME.is_symlink():
        files.link(places.LOCALTIME, places.ZONES / zone)
    if _written() != zone:
        files.write(places.TIMEZONE, f"{zone}\n".encode(), mode=0o644)
