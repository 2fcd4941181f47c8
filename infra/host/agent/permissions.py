"""Mode and owner of a path that belongs to the system."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import former, ownership
from infra.host.agent.kind import Kind


@dataclass(frozen=True, kw_only=True)
class Permissions(Kind):
    """Who may do what with a file or folder that is not ours; its content is left alone.

    Where the path does not exist there is nothing to protect, which is as wanted. Removing the resource brings back the
    mode from before.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    mode: str
    owner: str = "root"
    group: str = "root"

    def read(self) -> dict[str, Any] | None:
        """Return mode, owner and group."""
        try:
            return ownership.read(Path(self.path).stat(), owner=self.owner, group=self.group)
        except FileNotFoundError:
            return {}

    def apply(self) -> None:
        """Put right what differs."""
        found = self.read()
        if found:
            former.remember(self, found["mode"])
            ownership.apply(Path(self.path), mode=self.mode, owner=self.owner, group=self.group)

    def remove(self) -> None:
        """Bring back the mode from before."""
        mode = former.recall(self)
        if mode and Path(self.path).exists():
            Path(self.path).chmod(int(mode, 8))
        former.forget(self)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a path that is not absolute and a mode that is none."""
        yield from ownership.mistakes(self.path, self.mode)
