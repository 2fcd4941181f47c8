"""A module of the kernel that is not to be loaded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import own_file, places, text_file
from infra.host.agent.kind import Kind
from infra.host.agent.request import current

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_BLOCKING = re.compile(r"(/usr)?/bin/(false|true)")


@dataclass(frozen=True, kw_only=True)
class KernelModule(Kind):
    """A module that modprobe refuses to load; one that is loaded stays so until the next boot.

    Lines elsewhere by which it would be loaded all the same become comments meanwhile.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("loaded",)

    name: str
    blocked: bool = True

    def read(self) -> dict[str, Any] | None:
        """Return whether it is blocked and whether it is loaded."""
        loading = any(self._loads(line) for path in self._earlier_files() for line in text_file.read(path) or ())
        blocked = own_file.is_intact(self._path, self._content) and not loading
        return {"blocked": blocked, "loaded": self._is_loaded()}

    def apply(self) -> None:
        """Block the module, or lift the block."""
        if not self.blocked:
            self.remove()
            return
        if own_file.write(self._path, self._content) and self._is_loaded():
            current().warn(
                f"the kernel module {self.name} is loaded on {current().host}: it is blocked from its next boot"
            )
        for path in self._earlier_files():
            text_file.put_aside(path, self._loads)

    def remove(self) -> None:
        """Lift the block and bring back the lines that were put aside."""
        own_file.remove(self._path)
        for path in text_file.drop_ins(places.MODPROBE_FOLDERS):
            text_file.bring_back(path, self._loads)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that is none."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must be the name of a kernel module, as in `usb-storage`"

    @property
    def _path(self) -> Path:
        return places.MODPROBE_FOLDERS[0] / f"slipway-{self.name}.conf"

    @property
    def _content(self) -> str:
        # `blacklist` alone only keeps the module from being loaded by an alias, as for a device that is plugged in.
        return f"# Kept by slipway.\ninstall {self.name} /bin/false\nblacklist {self.name}\n"

    def _is_loaded(self) -> bool:
        name = _underscored(self.name)
        return any(line.split(" ", 1)[0] == name for line in text_file.read(places.PROC_MODULES) or ())

    def _earlier_files(self) -> list[Path]:
        """Return the files that come before the own one: of several `install` lines modprobe takes the first."""
        return [path for path in text_file.drop_ins(places.MODPROBE_FOLDERS) if path.name < self._path.name]

    def _loads(self, line: str) -> bool:
        """Return whether a line has modprobe do anything but refuse the module."""
        command, pattern, action = (*line.split(None, 2), "", "", "")[:3]
        return (
            command == "install"
            and fnmatch(_underscored(self.name), _underscored(pattern))
            and not _BLOCKING.fullmatch(action.strip())
        )


def _underscored(name: str) -> str:
    """Return a name as the kernel has it; modprobe takes either spelling."""
    return name.replace("-", "_")
