"""The name of the server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import files, former, places, text_file
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_OWN_ADDRESS = "127.0.1.1"
"""What Debian gives the server's own name."""


@dataclass(frozen=True, kw_only=True)
class Hostname(Kind):
    """The name of the server, now and from the next boot on; removing the resource brings back the former one."""

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    name: str

    def read(self) -> dict[str, Any] | None:
        """Return the name; where the next boot brings another or it has no address, a text that says so."""
        now, kept = _now(), _kept()
        if now != kept:
            return {"name": f"{now} (until the next boot, then {kept or 'none'})"}
        return {"name": now if _has_address(now) else f"{now} (not in {places.HOSTS})"}

    def apply(self) -> None:
        """Give the server its name."""
        former.remember(self, _kept() or _now())
        _set(self.name)

    def remove(self) -> None:
        """Bring back the name from before."""
        name = former.recall(self)
        if name:
            _set(name)
        former.forget(self)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that is none."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be a host name of at most 64 lower-case letters, digits, dashes and dots"

    def identity(self) -> str:
        """Return the same for every name: a server has one."""
        return "hostname"

    def label(self) -> str:
        """Return what people call it."""
        return "Hostname"


def _now() -> str:
    return (places.PROC_SYS / "kernel/hostname").read_text().strip()


def _kept() -> str:
    return next((line.strip() for line in text_file.read(places.HOSTNAME) or () if _is_entry(line)), "")


def _has_address(name: str) -> bool:
    return any(name in _names(line) for line in text_file.read(places.HOSTS) or ())


def _set(name: str) -> None:
    # The address first: `sudo` waits for that of a name without one.
    if not _has_address(name):
        text_file.change(places.HOSTS, lambda lines: _with_address(lines, name))
    if _now() != name:
        try:
            (places.PROC_SYS / "kernel/hostname").write_text(f"{name}\n")
        except OSError as error:
            message = f"the kernel of {current().host} does not take another name: {error.strerror}"
            raise AgentError(message) from error
    if _kept() != name:
        files.write(places.HOSTNAME, f"{name}\n".encode(), mode=0o644)


def _with_address(lines: list[str], name: str) -> list[str]:
    """Return the lines with the name at the server's own address, in place of names that it had there."""
    others = [line for line in lines if not _names(line) or line.split()[0] != _OWN_ADDRESS]
    at = next((number for number, line in enumerate(others, start=1) if "localhost" in _names(line)), 0)
    short = name.partition(".")[0]
    entry = f"{_OWN_ADDRESS}\t{name}" + (f" {short}" if short != name else "")
    return [*others[:at], entry, *others[at:]]


def _names(line: str) -> list[str]:
    """Return the names that a line gives an address."""
    return line.partition("#")[0].split()[1:]


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")
