"""What is needed to watch a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.config.monitoring_settings import MonitoringSettings
from infra.edge import Edge, GuestEdge
from infra.host.agent import places
from infra.monitoring.targets import WatchedProduct
from infra.server import GuestServer, Server


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringArgs:
    """What `Monitoring` needs."""

    stack: str
    server_name: str
    server: Server | GuestServer
    ready: pulumi.Resource
    """What tells that the server is ready."""
    edge: Edge | GuestEdge | None
    settings: MonitoringSettings
    products: Sequence[WatchedProduct]
    """Those on the server."""
    serving: Mapping[str, pulumi.Resource]
    """Product → what tells that it serves."""
    passwords: Mapping[tuple[str, str], pulumi.Input[str]]
    """Product and service → password of the user that measures a PostgreSQL server."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Values of the stack's secrets that the section names."""
    password_hash: pulumi.Input[str]
    """By bcrypt, of whoever may look at the measurements."""

    @property
    def prefix(self) -> str:
        """What the names of all that watches begin with."""
        return f"{self.stack}-monitoring"

    @property
    def folder(self) -> str:
        """Where it has its files on the server."""
        return str(places.PRODUCTS / self.prefix)

    @property
    def subnet(self) -> str:
        """IPv4 network of what watches the server."""
        return self.settings.subnets[self.server_name]

    @property
    def host(self) -> str | None:
        """Domain under which people look at the measurements."""
        return self.settings.hosts.get(self.server_name)
