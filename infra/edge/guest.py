"""The edge of a server that another stack keeps, as products of a guest use it."""

from dataclasses import dataclass, field

import pulumi

from infra.edge.container import CONTAINER


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestEdge:
    """What a guest knows of its owner's edge: nothing of it is declared, and routes are files beside the owner's."""

    container_resource: pulumi.Resource
    """What attachments wait for: the gate of the server."""
    ready: pulumi.Resource
    """What routes wait for; the same."""
    gateway: str
    """Address the server has on the edge's network."""
    trusted_proxies: tuple[str, ...]
    """Networks that may say who the client is."""
    container: str = field(default=CONTAINER)
    """Name of the container, for attaching it to networks."""
    container_id: str = field(default="")
    """Not known here: the owner has a container that takes its place join the networks again."""
