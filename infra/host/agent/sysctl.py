"""A setting of the kernel."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import own_file, places, sysctl_files, text_file
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[A-Za-z0-9_@:-]+)+")
_BEFORE = "# before: "


@dataclass(frozen=True, kw_only=True)
class Sysctl(Kind):
    """A setting of the kernel, now and from the next boot on.

    It is kept in a file of its own that sorts behind those of packages and people, together with the value from before,
    which removing the resource brings back. Lines elsewhere that would win over it become comments meanwhile.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    value: str

    def read(self) -> dict[str, Any] | None:
        """Return the value; where the next boot brings another one, a text that says so."""
        try:
            now = self._now()
        except FileNotFoundError:
            return None
        assigned = sysctl_files.assignments(self.name)
        if not own_file.is_intact(self._path, self._content(now, self._before())) or assigned[-1].value != now:
            return {"value": _described(now, assigned)}
        return {"value": self.value if now == self._wanted else now}

    def apply(self) -> None:
        """Set the value now, keep it for the next boot and put aside what would win over it."""
        try:
            now = self._now()
        except FileNotFoundError:
            message = (
                f"the kernel of {current().host} knows no setting {self.name}: leave it to the server, "
                f'in the stack file by `overrides: {{"sysctl/{self.name}": {{value: null, reason: …}}}}`'
            )
            raise AgentError(message) from None
        if now != self._wanted:
            self._set(self._wanted)
        before = self._before()
        own_file.write(self._path, self._content(self._wanted, now if before is None else before))
        for path in self._later_files():
            text_file.put_aside(path, lambda line: sysctl_files.is_about(line, self.name, but=self._wanted))

    def remove(self) -> None:
        """Delete the file, and bring back the value from before and the lines that were put aside."""
        before = self._before()
        own_file.remove(self._path)
        for path in sysctl_files.files():
            text_file.bring_back(path, lambda line: sysctl_files.is_about(line, self.name))
        try:
            if before is not None and self._now() != before:
                self._set(before)
        except FileNotFoundError:
            return
        except AgentError as error:
            # Some settings can only be tightened: what is left of this one ends with the next boot.
            current().warn(f"{error}; it changes back with the next boot")

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that is none and a value that is not one line."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be a kernel setting with dots, as in `net.ipv4.tcp_syncookies`"
        if not self.value.strip() or "\n" in self.value:
            yield "value", "must be one line that is not empty"

    @property
    def _path(self) -> Path:
        return places.SYSCTL_FOLDERS[0] / f"99-zz-slipway-{self.name}.conf"

    @property
    def _wanted(self) -> str:
        return sysctl_files.one_spaced(self.value)

    def _content(self, value: str, before: str | None) -> str:
        return f"# Kept by slipway.\n{_BEFORE}{before}\n{self.name} = {value}\n"

    def _before(self) -> str | None:
        """Return the value that the own file remembers."""
        lines = text_file.read(self._path) or ()
        return next((line.removeprefix(_BEFORE) for line in lines if line.startswith(_BEFORE)), None)

    def _now(self) -> str:
        return sysctl_files.one_spaced(sysctl_files.file_of(self.name).read_text())

    def _set(self, value: str) -> None:
        try:
            sysctl_files.file_of(self.name).write_text(f"{value}\n")
        except OSError as error:
            message = f"the kernel of {current().host} does not take this value of {self.name}: {error.strerror}"
            raise AgentError(message) from error

    def _later_files(self) -> set[Path]:
        """Return the files with lines about the setting that come after the own one."""
        paths = [each.path for each in sysctl_files.assignments(self.name)]
        return {path for path in paths[paths.index(self._path) :] if path != self._path}


def _described(now: str, assigned: list[sysctl_files.Assignment]) -> str:
    """Return the value of now and where the next boot takes its own from."""
    if not assigned or assigned[-1].value is None:
        return f"{now} (until the next boot)"
    path, value = assigned[-1]
    return f"{now} (from {path})" if value == now else f"{now} (until the next boot, then {value} from {path})"
