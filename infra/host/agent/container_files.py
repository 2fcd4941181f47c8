"""The settings of a container that reads them anew when it is told to."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import container_process, docker, files
from infra.host.agent.commands import last_words, run
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_NEXT = ".next"
"""Folder of what is being checked; it is there until the container has been told."""
_NOT_LOADED = "<not loaded yet>"
_FOREIGN = "<not declared>"
_ABSENT = (126, 127)
"""Exit codes of `docker run` for an image without the program that checks."""
_CONFINED = (
    *("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
    *("--memory=128m", "--memory-swap=128m", "--user=65534:65534"),
)


@dataclass(frozen=True, kw_only=True)
class ContainerFiles(Kind):
    """A folder of settings, checked by the container's own image before they take the place of the former ones.

    A container that runs is sent SIGHUP, by which it reads them without a restart. `check` is run in a container of
    `image` that sees the new settings at `mount`; an image without that program checks nothing.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("folder",)

    folder: str
    files: Mapping[str, str]
    container: str
    image: str
    mount: str
    check: tuple[str, ...] = ()

    def read(self) -> dict[str, Any] | None:
        """Return the files by name, a mark in place of what differs."""
        folder = Path(self.folder)
        if not folder.is_dir():
            return None
        found = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        shown = {name: self._shown(name, content) for name, content in found.items()}
        return {"files": shown | ({_NEXT: _NOT_LOADED} if (folder / _NEXT).exists() else {})}

    def apply(self) -> None:
        """Check the settings, put them in place, and have the container read them."""
        folder = Path(self.folder)
        if self.read() == {"files": dict(self.files)}:
            return
        following = folder / _NEXT
        shutil.rmtree(following, ignore_errors=True)
        for name, text in self.files.items():
            files.write(following / name, text.encode(), mode=0o644)
        try:
            self._require_right(following)
        except BaseException:
            shutil.rmtree(following)
            raise
        for path in folder.iterdir():
            if path.is_file() and path.name not in self.files:
                path.unlink()
        for name in self.files:
            (following / name).replace(folder / name)
        self._tell()
        following.rmdir()

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a folder that is no absolute path, and names that are no plain ones."""
        if not self.folder.startswith("/"):
            yield "folder", "must be an absolute path"
        if any("/" in name or name.startswith(".") or not name for name in self.files):
            yield "files", "must have plain names"

    def _shown(self, name: str, content: bytes) -> str:
        wanted = self.files.get(name)
        if wanted is None:
            return _FOREIGN
        return wanted if wanted.encode() == content else files.difference(content)

    def _require_right(self, folder: Path) -> None:
        """Refuse settings that the program in the image does not take."""
        if not self.check:
            return
        program, *words = self.check
        bound = f"--volume={folder}:{self.mount}:ro"
        result = run(["docker", "run", *_CONFINED, bound, f"--entrypoint={program}", self.image, *words])
        if result.code != 0 and result.code not in _ABSENT:
            message = f"the settings of {self.container} were refused, the former ones stay: {last_words(result)}"
            raise AgentError(message)

    def _tell(self) -> None:
        described = docker.container(self.container)
        if described and described["State"]["Running"]:
            current().status(f"{self.container} reads its settings anew")
            container_process.hang_up(described)
