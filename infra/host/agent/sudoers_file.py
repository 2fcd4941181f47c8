"""A rule that says who may become root."""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from infra.host.agent import files, ownership, places
from infra.host.agent.commands import last_words, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class SudoersFile(Kind):
    """A file of `/etc/sudoers.d`; sudo has read it without a complaint before it gets there."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    content: str
    mode: str = "0440"

    def read(self) -> dict[str, Any] | None:
        """Return content and mode; a text in place of the mode tells another owner."""
        try:
            status = self._path.lstat()
            if not stat.S_ISREG(status.st_mode):
                return None
            content = self._path.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        return {"content": content, "mode": ownership.described_mode(status, owner="root")}

    def apply(self) -> None:
        """Write the rule.

        Raises:
            AgentError: when sudo would not take it; it is not written then.
        """
        if self._path.is_dir() and not self._path.is_symlink():
            message = f"{self._path} is a folder and cannot become a file"
            raise AgentError(message)
        self._check()
        files.write(self._path, self.content.encode(), mode=int(self.mode, 8))
        # Alone it was right; it may still contradict another file, on which sudo would refuse everything.
        whole = run(["visudo", "-c"])
        if whole.code:
            message = f"sudo on {current().host} refuses {self._path} beside its other rules: {last_words(whole)}"
            raise AgentError(message)

    def remove(self) -> None:
        """Delete the rule."""
        self._path.unlink(missing_ok=True)

    def rescue(self) -> Rescue:
        """Return the file: who becomes root by it could no longer undo anything."""
        return Rescue(files=(str(self._path),))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a name that sudo passes over, a mode that it refuses, and a content that does not end its last line."""
        if not _NAME.fullmatch(self.name):
            yield "name", "must consist of letters, digits, `-` and `_`: sudo ignores a file with a dot or tilde"
        yield from ownership.loose_mode(self.mode)
        if not self.content.endswith("\n"):
            yield "content", "must end with a line break"

    @property
    def _path(self) -> Path:
        return places.SUDOERS / self.name

    def _check(self) -> None:
        """Have sudo read the rule where nothing depends on it."""
        with TemporaryDirectory() as folder:
            draft = Path(folder) / self.name
            files.write(draft, self.content.encode(), mode=0o440)
            result = run(["visudo", "-cf", str(draft)])
        if result.code:
            reason = last_words(result).replace(str(draft), str(self._path))
            message = f"sudo on {current().host} refuses {self._path}, which was not written: {reason}"
            raise AgentError(message)
