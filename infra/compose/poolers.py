"""What is known of the poolers of a product: whose connections they share out."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from infra.compose.databases import Pooler
from infra.compose.project import Project, Service


class Home(NamedTuple):
    """Where a database user signs in."""

    service: str
    database: str


class Pooling(NamedTuple):
    """A pooler that can be: it signs in by one secret."""

    service: Service
    pooler: Pooler
    secret: str
    """Password of the user that it signs in as itself."""


def poolings(project: Project) -> Iterator[Pooling]:
    """Yield the poolers of a project that sign in by one secret; another rule refuses any other."""
    for service in project.services.values():
        if service.pooler is not None and len(service.secret_names) == 1:
            yield Pooling(service, service.pooler, service.secret_names[0])


def databases(project: Project, server: str, homes: Mapping[str, Home]) -> tuple[str, ...]:
    """Return the databases that a pooler shares out the connections of, sorted.

    Args:
        project: the product's compose files.
        server: the PostgreSQL service.
        homes: secret → where the user signs in whose password it is.
    """
    own = {pooling.secret for pooling in poolings(project)}
    pooled = {home.database for secret, home in homes.items() if home.service == server and secret not in own}
    return tuple(sorted(pooled))


def most_connections(pooling: Pooling, count: int) -> int:
    """Return how many connections a pooler may have at once: while it is released there is one container more.

    Args:
        pooling: the pooler.
        count: how many databases there are.
    """
    return (pooling.service.replicas + 1) * connections(pooling.pooler) * count


def connections(pooler: Pooler) -> int:
    """Return how many connections a container has to each database: one more to look passwords up with."""
    return pooler.size + 1
