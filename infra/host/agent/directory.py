"""A folder."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from errno import EBUSY, ENOTEMPTY
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import ownership
from infra.host.agent.kind import AgentError, Kind


@dataclass(frozen=True, kw_only=True)
class Directory(Kind):
    """A folder; what is in it is not managed, and keeps it from being removed."""

    IDENTITY: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    mode: str = "0755"
    owner: str = "root"
    group: str = "root"

    def read(self) -> dict[str, Any] | None:
        """Return mode, owner and group."""
        path = Path(self.path)
        return ownership.read(path.stat(), owner=self.owner, group=self.group) if path.is_dir() else None

    def apply(self) -> None:
        """Make the folder and those above it, or put mode and owner right."""
        path = Path(self.path)
        with suppress(FileExistsError):
            path.mkdir(parents=True)
        if not path.is_dir():
            message = f"{self.path} is not a folder and is in the way of one"
            raise AgentError(message)
        ownership.apply(path, mode=self.mode, owner=self.owner, group=self.group)

    def remove(self) -> None:
        """Remove the folder when it is empty; leave it otherwise."""
        try:
            Path(self.path).rmdir()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            if error.errno not in {ENOTEMPTY, EBUSY}:
                raise

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a path that is not absolute and a mode that is none."""
        yield from ownership.mistakes(self.path, self.mode)
