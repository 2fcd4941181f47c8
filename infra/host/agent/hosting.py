"""What an owner of a server owes the guests on it: not to go while they are there, and an edge that reaches them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import attachments, docker
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.network_attachment import NetworkAttachment
from infra.host.agent.request import current

_LABEL = "slipway.stack"


@dataclass(frozen=True, kw_only=True)
class Hosting(Kind):
    """A condition for going: a server on which other stacks have containers is not taken down under them."""

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    stack: str

    def read(self) -> dict[str, Any] | None:
        """Return that all is as wanted: there is nothing to be made."""
        return {}

    def apply(self) -> None:
        """Do nothing: only its removal asks something."""

    def remove(self) -> None:
        """Refuse to go while there are containers of other stacks.

        Raises:
            AgentError: naming them.
        """
        if guests := sorted(self._guests()):
            message = (
                f"{current().host} has containers of other stacks, which stand on its edge and its firewall: "
                f"{', '.join(guests)}. Run `pulumi destroy` for those stacks first"
            )
            raise AgentError(message)

    def identity(self) -> str:
        """Return the one id there is on a server."""
        return "hosting"

    def label(self) -> str:
        """Return what people call it."""
        return "Hosting"

    def _guests(self) -> Iterator[str]:
        query = {"all": "1", "filters": json.dumps({"label": [_LABEL]})}
        for container in docker.find("/containers/json", query) or []:
            if docker.labels(container).get(_LABEL) != self.stack:
                yield container["Names"][0].removeprefix("/")


@dataclass(frozen=True, kw_only=True)
class GuestNetworks(Kind):
    """A container, the edge, on the networks of other stacks that it was on before it was replaced.

    Their own stacks know nothing of that: until their next run nobody would reach them.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("container",)

    container: str
    stack: str
    container_id: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return another container's id where one of the networks is missing."""
        return {} if all(each.read() for each in self._attachments()) else {"container_id": ""}

    def apply(self) -> None:
        """Join the networks that are missing, by the names from before."""
        for each in self._attachments():
            each.apply()

    def remove(self) -> None:
        """Leave them: they are those of others."""

    def _attachments(self) -> Iterator[NetworkAttachment]:
        for network, aliases in attachments.of(self.container).items():
            found = docker.find(f"/networks/{network}")
            if found and docker.labels(found).get(_LABEL, self.stack) != self.stack:
                yield NetworkAttachment(network=network, container=self.container, aliases=aliases)
