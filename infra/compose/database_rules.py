"""Rules on what a compose file says of a database server."""

from collections.abc import Iterator

from infra.compose import postgres, redis
from infra.compose.database_settings import kilobytes
from infra.compose.databases import Tuning
from infra.compose.project import Service
from infra.compose.quantities import MiB
from infra.config.mistakes import Finding, Step

_NO_POSTGRES = "is for an image that is made like the official `postgres`, and called `postgres`, `postgis` or such"
_NO_REDIS = "is for an image that is made like the official one, and called `redis` or `valkey`"
_LARGEST = (("postgres", "shared_buffers"), ("redis", "maxmemory"))
"""What a server takes for itself as soon as there is data for it."""


def broken_database_rules(service: Service) -> Iterator[Finding]:
    """Yield every broken rule of a service that is a database server, or is taken for one."""
    at = ("services", service.name, "x-slipway")
    if service.postgres:
        known = postgres.takes_settings(service.image)
        yield from _tuned((*at, "postgres"), service, service.postgres, None if known else _NO_POSTGRES)
    if service.redis:
        yield from _tuned((*at, "redis"), service, service.redis, None if redis.program(service.image) else _NO_REDIS)
        yield from _redis((*at, "redis"), service, service.redis)
    for keys in beyond(service, service.memory) if service.memory else ():
        yield Finding((*at, *keys), "must be less than the service's memory limit")
    yield from _partitions((*at, "partitions"), service)


def beyond(service: Service, memory: MiB) -> Iterator[tuple[str, str]]:
    """Yield the keys of `x-slipway` that ask for more than a memory limit: the server would be killed.

    Args:
        service: the service.
        memory: its limit.
    """
    for server, name in _LARGEST:
        tuning: Tuning | None = getattr(service, server)
        if tuning and name in tuning.settings and kilobytes(tuning.settings[name]) >= memory * 1024:
            yield server, name


def _tuned(at: tuple[Step, ...], service: Service, tuning: Tuning, unfit: str | None) -> Iterator[Finding]:
    if unfit:
        yield Finding(at, unfit)
    for key in ("command", "entrypoint"):
        if tuning.tune and getattr(service, key) is not None:
            yield Finding(at, f"has no effect beside the service's own `{key}`: keep one of them")


def _redis(at: tuple[Step, ...], service: Service, tuning: Tuning) -> Iterator[Finding]:
    if tuning.settings.get("appendonly") == "yes" and redis.data(service) is None:
        yield Finding((*at, "appendonly"), "needs a volume at `/data`: the file would be gone with the container")
    if "appendfsync" in tuning.settings and not redis.appends(service):
        yield Finding((*at, "appendfsync"), "has no effect without an append-only file in a volume at `/data`")


def _partitions(at: tuple[Step, ...], service: Service) -> Iterator[Finding]:
    if service.partitions and not postgres.is_postgres(service.image):
        yield Finding(at, "is for the service that runs PostgreSQL")
    elif service.partitions and service.strategy == "rolling":
        yield Finding(at, "is for a database with a volume: tables of any other are gone with the next release")
    seen = set()
    for index, each in enumerate(service.partitions):
        if (each.database, each.table) in seen:
            yield Finding((*at, index, "table"), "is listed twice")
        seen.add((each.database, each.table))
