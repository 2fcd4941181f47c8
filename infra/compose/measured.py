"""Which services of a product are database servers that an exporter can ask."""

from collections.abc import Mapping
from typing import Literal

from infra.compose import postgres, redis
from infra.compose.awaited import is_awaited
from infra.compose.project import Service

DatabaseKind = Literal["postgres", "redis"]


def databases(services: Mapping[str, Service]) -> dict[str, DatabaseKind]:
    """Return service → kind of server, by the services of a product."""
    lasting = (service for name, service in services.items() if not is_awaited(services, name))
    return {each.name: kind for each in lasting if each.networks and (kind := _kind(each))}


def _kind(service: Service) -> DatabaseKind | None:
    """Return the kind of a server that lets an exporter in.

    A PostgreSQL image without data is a client, or has another container with every release; the exporter of a Redis
    has no password.
    """
    if postgres.data(service):
        return "postgres"
    return "redis" if redis.program(service.image) and not redis.asks_for_password(service) else None
