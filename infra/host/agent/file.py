"""A file with its content."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import accounts, files, ownership
from infra.host.agent.kind import AgentError, Kind


@dataclass(frozen=True, kw_only=True)
class File(Kind):
    """A regular file; missing folders above it are made."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("path",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("sha256",)
    DERIVED: ClassVar[Mapping[str, str]] = {"sha256": "content"}

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"

    def read(self) -> dict[str, Any] | None:
        """Return mode, owner, group and sha256, and that the content differs where it does."""
        path = Path(self.path)
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                return None
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        found: dict[str, Any] = {
            **ownership.read(status, owner=self.owner, group=self.group),
            "sha256": sha256(content).hexdigest(),
        }
        if content != self.content.encode():
            found["content"] = files.difference(content)
        return found

    def apply(self) -> None:
        """Write the file when its content differs; else put mode and owner right."""
        path = Path(self.path)
        if path.is_dir() and not path.is_symlink():
            message = f"{self.path} is a folder and cannot become a file"
            raise AgentError(message)
        found = self.read()
        if found is None or "content" in found:
            files.write(
                path,
                self.content.encode(),
                mode=int(self.mode, 8),
                owner=accounts.user_number(self.owner),
                group=accounts.group_number(self.group),
            )
        else:
            ownership.apply(path, mode=self.mode, owner=self.owner, group=self.group)

    def remove(self) -> None:
        """Delete the file."""
        Path(self.path).unlink(missing_ok=True)

    def predict(self) -> dict[str, Any]:
        """Return the sum of the wanted content."""
        return {"sha256": sha256(self.content.encode()).hexdigest()}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a path that is not absolute and a mode that is none."""
        yield from ownership.mistakes(self.path, self.mode)
