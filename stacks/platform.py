"""Servers, each with its edge."""

from dataclasses import dataclass

import pulumi

from infra.config import secrets
from infra.config.settings import ServerSettings, Settings
from infra.edge import Acme, Edge, EdgeArgs
from infra.server import Registry, Server, ServerArgs
from infra.services.product import internal_ports
from stacks.access import connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What products stand on."""

    server: Server
    edge: Edge | None


def platforms(settings: Settings) -> dict[str, Platform]:
    """Declare every server of a stack, by name."""
    return {name: _platform(settings, server) for name, server in settings.servers.items()}


def _platform(settings: Settings, declared: ServerSettings) -> Platform:
    keys = [secrets.unknown()] if declared.admin_keys is None else list(declared.admin_keys)
    server = Server(
        declared.name,
        ServerArgs(
            connection=connection(declared),
            admin_keys=keys,
            registries={
                host: Registry(
                    username=registry.username,
                    password=secrets.value(registry.password),
                    ca=secrets.text(registry.ca) if registry.ca else None,
                )
                for host, registry in settings.registries.items()
            },
        ),
    )
    return Platform(server=server, edge=_edge(settings, declared, server))


def _edge(settings: Settings, declared: ServerSettings, server: Server) -> Edge | None:
    """Declare the edge of a server, when the stack has one."""
    if settings.edge is None:
        return None
    here = [product for product in settings.products.values() if product.server == declared.name]
    acme = settings.edge.acme
    return Edge(
        f"{declared.name}-edge",
        EdgeArgs(
            stack=settings.stack,
            server=server,
            image=settings.edge.image,
            acme=Acme(
                email=acme.email,
                directory=acme.directory,
                challenge=acme.challenge,
                ca=secrets.text(acme.ca) if acme.ca else None,
            ),
            subnet=declared.edge_subnet,
            internal_ports=sorted(set().union(*(internal_ports(product.project.services) for product in here))),
        ),
        pulumi.ResourceOptions(depends_on=[server]),
    )
