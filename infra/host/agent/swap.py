"""A file that the kernel swaps to."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import ownership, places, text_file
from infra.host.agent.commands import must
from infra.host.agent.kind import AgentError, Kind

_MEBIBYTE = 1024 * 1024
_MODE = 0o600
_SIGNATURE = b"SWAPSPACE2"
_LARGEST_MEBIBYTES = 1024 * 1024
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, kw_only=True)
class Swap(Kind):
    """A swap file, in use now and from the next boot on; another size makes it anew."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    size: int

    def read(self) -> dict[str, Any] | None:
        """Return the size in MiB; where the file is not used as it should be, a text that says so."""
        try:
            status = self._file.lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        size, rest = divmod(status.st_size, _MEBIBYTE)
        wrong = [
            *(["not whole MiB"] if rest else []),
            *([] if self._is_swap_space() else ["no swap space"]),
            *([] if self._is_in_use() else ["not in use"]),
            *([] if self._is_kept() else [f"not in {places.FSTAB}"]),
            *([] if stat.S_IMODE(status.st_mode) == _MODE else [f"mode {stat.S_IMODE(status.st_mode):04o}"]),
        ]
        return {"size": f"{size} ({', '.join(wrong)})" if wrong else size}

    def apply(self) -> None:
        """Make the file unless it has the size; then use it, now and from the next boot on."""
        if self._file.exists() and not self._is_swap_space():
            message = f"{self.path} is there and is no swap space"
            raise AgentError(message)
        if not self._file.exists() or self._file.stat().st_size != self.size * _MEBIBYTE:
            self._make()
        if stat.S_IMODE(self._file.stat().st_mode) != _MODE:
            self._file.chmod(_MODE)
        if not self._is_kept():
            entry = f"{self.path} none swap sw 0 0"
            text_file.change(places.FSTAB, lambda lines: [*self._others(lines), entry])
        if not self._is_in_use():
            must(["swapon", self.path], finish=True)

    def remove(self) -> None:
        """Use it no more and delete it."""
        # Where memory is too short to do without it, it has to be there after the next boot, too.
        self._leave()
        text_file.change(places.FSTAB, self._others)
        if self._is_swap_space():
            self._file.unlink()

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a path that cannot stand in the table of file systems and a size that none can have."""
        yield from ownership.mistakes(self.path, f"{_MODE:04o}")
        if re.search(r"[\s\\#]", self.path):
            yield "path", "must not have blanks, `\\` or `#` in it"
        if not 0 < self.size <= _LARGEST_MEBIBYTES:
            yield "size", "must be a number of MiB from 1 to 1048576"

    @property
    def _file(self) -> Path:
        return Path(self.path)

    def _make(self) -> None:
        """Make the file under another name, so that one that fails leaves the former in use."""
        unfinished = self._file.with_name(f".{self._file.name}.slipway")
        unfinished.unlink(missing_ok=True)
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            try:
                os.posix_fallocate(descriptor, 0, self.size * _MEBIBYTE)
            finally:
                os.close(descriptor)
            must(["mkswap", str(unfinished)], finish=True)
            self._leave()
            unfinished.replace(self._file)
        except (OSError, AgentError):
            with suppress(OSError):
                unfinished.unlink()
            raise

    def _leave(self) -> None:
        if self._is_in_use():
            must(["swapoff", self.path], finish=True)

    def _is_swap_space(self) -> bool:
        end = os.sysconf("SC_PAGE_SIZE")
        try:
            with self._file.open("rb") as file:
                return file.read(end).endswith(_SIGNATURE)
        except FileNotFoundError:
            return False

    def _is_in_use(self) -> bool:
        lines = text_file.read(places.PROC_SWAPS) or ()
        return any(_OCTAL.sub(lambda code: chr(int(code[1], 8)), line.split()[0]) == self.path for line in lines)

    def _is_kept(self) -> bool:
        """Return whether one line, and no more, has the file used from the next boot on."""
        match [line.split() for line in text_file.read(places.FSTAB) or () if self._is_own(line)]:
            case [[_, _, "swap", options, *_]]:
                return "noauto" not in options.split(",")
            case _:
                return False

    def _others(self, lines: list[str]) -> list[str]:
        return [line for line in lines if not self._is_own(line)]

    def _is_own(self, line: str) -> bool:
        return line.split()[:1] == [self.path]
