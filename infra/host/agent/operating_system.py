"""What the server runs, whose it is, and whether it can be changed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import files, places
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_TESTED = {"bookworm": "12", "trixie": "13"}
_UNTESTED = ("ubuntu",)
READ_ONLY = (
    "its file system is read-only: see `dmesg` there for a faulty disk; `mount -o remount,rw <mount point>` opens it"
)
"""What is told of a file that cannot be written."""


@dataclass(frozen=True, kw_only=True)
class OperatingSystem(Kind):
    """A condition rather than a thing: everything on the server waits until it is known to be a system we know.

    One that cannot be written to is none: the change would end half-way. Nor is one that another stack keeps: edge and
    firewall are one of a server, and each stack would undo what the other has declared. A file there names the stack.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()
    COMPUTED: ClassVar[tuple[str, ...]] = ("release",)

    stack: str
    suite: str = ""
    untested: bool = False

    def read(self) -> dict[str, Any] | None:
        """Return the release, and the stack where none has been written down; nothing where it is not accepted."""
        release = _release()
        if self._refusal(release) is not None:
            return None
        return {"release": _title(release)} | ({} if owner() else {"stack": ""})

    def preview(self) -> dict[str, Any] | None:
        """Return the release.

        Raises:
            AgentError: telling before an update does that it is not one that is accepted.
        """
        self._require()
        return self.read()

    def apply(self) -> None:
        """Refuse a server of another system or stack, or a read-only one; write down whose it is."""
        self._require()
        files.write(places.OWNER, f"{self.stack}\n".encode(), mode=0o644)

    def remove(self) -> None:
        """Let another stack have the server."""
        if owner() == self.stack:
            places.OWNER.unlink()

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a suite that this version does not know."""
        if self.suite not in {"", *_TESTED}:
            yield "suite", "must be `bookworm` or `trixie`"

    def identity(self) -> str:
        """Return the same for every system: a server has one."""
        return "operating-system"

    def label(self) -> str:
        """Return what people call it."""
        return "OperatingSystem"

    def _refusal(self, release: dict[str, str]) -> str | None:
        """Return why the server is not accepted, or nothing."""
        return self._unsupported(release) or self._taken() or _unwritable()

    def _require(self) -> None:
        refusal = self._refusal(_release())
        if refusal is not None:
            raise AgentError(refusal)

    def _taken(self) -> str | None:
        """Return whose the server is, where it is another stack's."""
        keeper = owner()
        if keeper in {"", self.stack}:
            return None
        return (
            f"{current().host} is kept by stack {keeper}, and two stacks would undo each other's firewall and edge: "
            f"write `owner: {keeper}` to have products there as its guest, or give this stack a server of its own. If "
            f"stack {keeper} is no more, delete "
            f"{places.OWNER} there"
        )

    def _unsupported(self, release: dict[str, str]) -> str | None:
        """Return why the system is not accepted, or nothing."""
        host = current().host
        name = release.get("ID", "")
        if name == "debian" and release.get("VERSION_ID") in _TESTED.values():
            if not self.suite or release["VERSION_ID"] == _TESTED[self.suite]:
                return None
            return f"{host} is {_title(release)}, and the stack file says `suite: {self.suite}`"
        if name in _UNTESTED and _is_long_supported(release):
            if self.untested:
                return None
            return f"{host} is {_title(release)}, which is untested: write `os: {{untested: true}}` to go on"
        return f"{host} is {_title(release)}: only Debian 12 and 13 are supported"


def _unwritable() -> str | None:
    """Return why nothing can be set up, or nothing."""
    for folder in places.WRITTEN:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return f"{folder} on {current().host} cannot be changed: {READ_ONLY}"
    return None


def owner() -> str:
    """Return the stack that keeps the server; nothing where none does."""
    try:
        return places.OWNER.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _release() -> dict[str, str]:
    try:
        lines = places.OS_RELEASE.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}


def _title(release: dict[str, str]) -> str:
    return release.get("PRETTY_NAME") or "a system that does not say what it is"


def _is_long_supported(release: dict[str, str]) -> bool:
    return "LTS" in release.get("VERSION", "")
