"""Rules on a service that shares out the connections of a PostgreSQL service."""

from collections.abc import Iterator

from infra.compose.databases import Pooler
from infra.compose.postgres import data
from infra.compose.project import Project, Service
from infra.config.mistakes import Finding, Step, did_you_mean


def broken_pooler_rules(project: Project) -> Iterator[Finding]:
    """Yield every broken rule of the poolers of a project."""
    for service in project.services.values():
        if service.pooler is not None:
            at = ("services", service.name)
            yield from _database(at, project, service, service.pooler)
            yield from _own(at, service)


def _database(at: tuple[Step, ...], project: Project, service: Service, pooler: Pooler) -> Iterator[Finding]:
    steps = (*at, "x-slipway", "pooler", "database")
    database = project.services.get(pooler.database)
    if database is None:
        yield Finding(steps, f"names no service of the product{did_you_mean(pooler.database, project.services)}")
    elif data(database) is None:
        yield Finding(steps, f"must name a PostgreSQL service with its data in a volume; {database.name} is none")
    elif not {use.name for use in service.networks} & {use.name for use in database.networks}:
        yield Finding((*at, "networks"), f"has none that {database.name} is on, whose connections it shares out")


def _own(at: tuple[Step, ...], service: Service) -> Iterator[Finding]:
    for key in ("command", "entrypoint"):
        if getattr(service, key) is not None:
            yield Finding((*at, key), "must be left to Slipway, which starts PgBouncer with a file of its own")
    for key, ports in (("expose", service.expose), ("ports", service.published)):
        if ports:
            # The edge would answer in its place, and speaks HTTP.
            yield Finding((*at, key), "must have none: services of the product reach a pooler by its name at port 5432")
    if len(service.secret_names) != 1 or not service.secrets:
        yield Finding((*at, "secrets"), "must name one: the password by which PgBouncer signs in to the database")
