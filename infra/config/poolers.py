"""What a pooler asks of the stack file: a user of its own, somebody to pool for, and a server that takes it all."""

from collections.abc import Iterator, Mapping

from infra.compose.poolers import Home, Pooling, databases, most_connections, poolings
from infra.compose.postgres import max_connections
from infra.compose.project import Project
from infra.config.database import DatabaseAccess
from infra.config.mistakes import Step

_RESERVED = 3
"""PostgreSQL's own `superuser_reserved_connections`."""

_Broken = tuple[tuple[Step, ...], str]


def broken_poolers(accesses: Mapping[str, DatabaseAccess], project: Project) -> Iterator[_Broken]:
    """Yield what is wrong with the poolers of a product: place below the product, and the sentence.

    Args:
        accesses: secret → the database user whose password it is.
        project: the product's compose files.
    """
    homes = {secret: Home(access.service, access.database or access.role) for secret, access in accesses.items()}
    most: dict[str, dict[str, int]] = {}
    for pooling in poolings(project):
        server = pooling.pooler.database
        count = len(databases(project, server, homes))
        yield from _own_user(project, pooling, homes)
        if not count:
            text = f"has none with `database: {{service: {server}}}` for those whose connections {pooling.service.name}"
            yield ("secrets",), f"{text} shares out"
        most.setdefault(server, {})[pooling.service.name] = most_connections(pooling, count)
    yield from _room(project, most)


def _own_user(project: Project, pooling: Pooling, homes: Mapping[str, Home]) -> Iterator[_Broken]:
    at, server = ("secrets", pooling.secret), pooling.pooler.database
    home = homes.get(pooling.secret)
    if home is None or home.service != server:
        yield at, f"must have `database: {{service: {server}, role: …}}`: {pooling.service.name} signs in there by it"
    for other in project.services.values():
        if other.name != pooling.service.name and pooling.secret in other.secret_names:
            yield at, f"is that of {pooling.service.name}, which may look up passwords: {other.name} needs its own"


def _room(project: Project, most: Mapping[str, Mapping[str, int]]) -> Iterator[_Broken]:
    for name, poolers in most.items():
        server = project.services.get(name)
        limit = max_connections(server) if server else 0
        total = sum(poolers.values())
        if server and total + _RESERVED > limit:
            listed = " and ".join(f"{count} by {pooler}" for pooler, count in poolers.items())
            text = (
                f"{name} takes {limit} connections, of which it keeps {_RESERVED} for itself, and {listed} may be open "
                "while a pooler is released: lower `size`, or raise `x-slipway.postgres.max_connections`"
            )
            yield ("compose",), text
