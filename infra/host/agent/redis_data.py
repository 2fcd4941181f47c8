"""The data of a Redis server: a snapshot is not read by a server that appends its writes to a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import docker
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_SNAPSHOT = "dump.rdb"
_APPENDED = ("appendonlydir", "appendonly.aof")
"""Where the writes are: a folder since Redis 7, a file before."""


@dataclass(frozen=True, kw_only=True)
class RedisData(Kind):
    """What a volume or folder holds for a Redis server that appends its writes to a file.

    Such a server reads that file alone: over a snapshot without one it would begin empty, and overwrite the snapshot.
    It makes nothing and removes nothing. `appendonly` is that there is such a file, or nothing yet; `container` is
    the server's, for the message.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("place",)

    place: str
    container: str
    appendonly: bool = True

    def read(self) -> dict[str, Any] | None:
        """Return whether there is a snapshot alone; nothing when there is no such place."""
        folder = docker.folder(self.place)
        if folder is None:
            return None
        return {"appendonly": False} if _is_snapshot_alone(folder) else {}

    def apply(self) -> None:
        """Make sure that no data is passed over."""
        folder = docker.folder(self.place)
        if folder is not None and _is_snapshot_alone(folder):
            message = (
                f"{self.place} on {current().host} holds a snapshot that Redis would not read: it begins with its "
                f"append-only file, and there is none. Have the running server write one, "
                f"`docker exec {self.container} redis-cli CONFIG SET appendonly yes`, and wait until `redis-cli INFO "
                "persistence` says `aof_rewrite_in_progress:0`; or keep to snapshots, "
                "`x-slipway: {redis: {appendonly: false}}`"
            )
            raise AgentError(message)

    def remove(self) -> None:
        """Leave the data alone."""

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a place that is none, and what no snapshot is in the way of."""
        if not self.place:
            yield "place", "must be a volume, or a folder of the server by its absolute path"
        if not self.appendonly:
            yield "appendonly", "must be `true`: a server without the file reads its snapshot"


def _is_snapshot_alone(folder: Path) -> bool:
    return (folder / _SNAPSHOT).exists() and not any((folder / name).exists() for name in _APPENDED)
