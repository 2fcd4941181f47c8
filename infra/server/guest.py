"""The `GuestServer` component: a server that another stack keeps."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.host import resources as host
from infra.host import server_resources
from infra.host.ssh import Connection
from infra.server.docker_provider import docker_provider


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestServerArgs:
    """What a `GuestServer` needs."""

    connection: Connection
    """How the server is reached, as its owner says. Plain values: a preview must work offline."""
    owner: str
    """The stack that keeps it."""
    entry_points: Sequence[str] = ()
    """What this stack's products need the edge to listen on."""


class GuestServer(pulumi.ComponentResource):
    """A server of another stack, on which this one has products: nothing of the server itself is declared.

    Creates:
        host.Provider: the one connection to the server.
        docker.Provider: Docker Engine over ssh, as the deploy user.
        host.OwnedBy: holds everything back until the owner has made the server ready.
    """

    TYPE = "slipway:server:GuestServer"

    host_provider: host.Provider
    """Provider of every typed resource on this server."""
    docker_provider: docker.Provider
    """Provider of every container resource on this server."""
    owned: server_resources.OwnedBy
    """What everything on it waits for."""

    def __init__(self, name: str, args: GuestServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        connection = args.connection
        super().__init__(self.TYPE, name, {"host": connection.host, "owner": args.owner}, opts)
        self.host_provider = host.Provider(name, connection=connection, opts=pulumi.ResourceOptions(parent=self))
        self.docker_provider = docker_provider(name, self, connection)
        self.owned = server_resources.OwnedBy(
            f"{name}-owned-by",
            owner=args.owner,
            entry_points=args.entry_points,
            opts=pulumi.ResourceOptions(parent=self, provider=self.host_provider),
        )
        self.register_outputs({"owner": args.owner})
