"""A container's membership in a network it was not created with."""

from dataclasses import dataclass
from typing import Any, ClassVar

from infra.host.agent import attachments, docker
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_SHORT_ID_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class NetworkAttachment(Kind):
    """A running container joined to one more network.

    `container_id` only makes the attachment follow a container that is replaced under its name.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("network", "container")

    network: str
    container: str
    aliases: tuple[str, ...] = ()
    container_id: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return the names the container has on the network."""
        container = docker.container(self.container)
        endpoint = container and container["NetworkSettings"]["Networks"].get(self.network)
        if not endpoint:
            return None
        own = {container["Id"][:_SHORT_ID_LENGTH], self.container}
        aliases = set(endpoint.get("Aliases") or []) - (own - set(self.aliases))
        return {"aliases": self.aliases if aliases == set(self.aliases) else tuple(sorted(aliases))}

    def apply(self) -> None:
        """Connect the container; reconnect it when its names differ."""
        found = self.read()
        if found is not None and found["aliases"] == self.aliases:
            attachments.keep(self.network, self.container, self.aliases)
            return
        if found is not None:
            self.remove()
        body = {"Container": self.container, "EndpointConfig": {"Aliases": list(self.aliases)}}
        answer = docker.ask("POST", f"/networks/{self.network}/connect", body)
        if answer.is_missing:
            message = f"{self.container} cannot join {self.network} on {current().host}: {answer.reason()}"
            raise AgentError(message)
        attachments.keep(self.network, self.container, self.aliases)

    def remove(self) -> None:
        """Disconnect the container."""
        attachments.forget(self.network)
        if self.read() is not None:
            body = {"Container": self.container, "Force": True}
            docker.ask("POST", f"/networks/{self.network}/disconnect", body)
