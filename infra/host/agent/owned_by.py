"""Whether a server is kept by the stack that is named, and has made ready what a guest needs there."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import places
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.operating_system import owner
from infra.host.agent.request import current

_ENTRY_POINT = re.compile(r"^  ([a-z]+(?:-[0-9]+)?):$", re.MULTILINE)
"""A key of the second level: below `entryPoints` stand the names of all ports that the edge listens on."""


@dataclass(frozen=True, kw_only=True)
class OwnedBy(Kind):
    """A condition rather than a thing: all products on a server wait until its owner has made that ready.

    Those of the owner wait for it as well: it comes after all the rest of the server. A guest names the ports it needs
    of the edge: one that this does not listen on yet would leave calls unanswered, and nothing would say so.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    owner: str
    entry_points: tuple[str, ...] = ()

    def read(self) -> dict[str, Any] | None:
        """Return whose the server is where it is another's, and what the edge listens on where something is missing."""
        found: dict[str, Any] = {}
        if owner() != self.owner:
            found["owner"] = owner()
        if missing := self._missing():
            found["entry_points"] = tuple(each for each in self.entry_points if each not in missing)
        return found

    def preview(self) -> dict[str, Any] | None:
        """Return the same.

        Raises:
            AgentError: telling before an update does that the guest is not let in.
        """
        self.apply()
        return self.read()

    def apply(self) -> None:
        """Refuse a server of somebody else, or one that is not ready.

        Raises:
            AgentError: whose it is, or what is missing.
        """
        host, keeper = current().host, owner()
        if not keeper:
            message = f"{host} is kept by no stack yet: run `slipway up {self.owner}` first, whose server it is"
            raise AgentError(message)
        if keeper != self.owner:
            message = f"{host} is kept by stack {keeper}, and the stack file says `owner: {self.owner}`: correct that"
            raise AgentError(message)
        if missing := self._missing():
            message = (
                f"the edge of {host} does not listen on {', '.join(missing)} yet: run `slipway up {self.owner}` first, "
                "which reads what its guests ask for"
            )
            raise AgentError(message)

    def remove(self) -> None:
        """Do nothing: there is nothing of its own."""

    def identity(self) -> str:
        """Return the one id there is on a server."""
        return "owner"

    def label(self) -> str:
        """Return what people call it."""
        return "OwnedBy"

    def _missing(self) -> list[str]:
        """Return the entry points that the edge has not."""
        if not self.entry_points:
            return []
        try:
            known = _ENTRY_POINT.findall(places.EDGE_SETTINGS.read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = []
        return [each for each in self.entry_points if each not in known]
