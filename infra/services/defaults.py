"""What a service gets where its compose files are silent: the safe choice, each of them written down."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from infra.compose import postgres, redis
from infra.compose.cost import memory_limit
from infra.compose.project import Logging, Service
from infra.compose.quantities import MiB
from infra.services import poolers, postgres_settings, redis_settings

DEFAULT_MEMORY = MiB(512)
"""Limit where neither compose file nor stack file has one."""
_NO_NEW_PRIVILEGES = "no-new-privileges:true"
_ENTRYPOINT = (
    *("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"),
    *("CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"),
)
"""What an entrypoint of root needs to take over a data folder, bind a low port and drop to its user."""
_LOG_DRIVER = "json-file"
_LOG_OPTIONS: Mapping[str, str] = {"max-file": "3", "max-size": "10m"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Default:
    """A value for keys that a service's compose files do not have."""

    key: str
    """Keys that it stands in for."""
    written: str
    """The same, as it would stand in a compose file."""
    when: str
    """For which services, in words."""
    reason: str
    apply: Callable[[Service, MiB], Service | None]
    """Returns the service with it; nothing for one that it is not for."""


def complete(service: Service, memory: MiB) -> Service:
    """Return a service with every default.

    Args:
        service: the service as its compose files describe it.
        memory: limit of one that sets none, from the stack file.
    """
    for default in DEFAULTS:
        service = default.apply(service, memory) or service
    return service


def table() -> Iterator[str]:
    """Yield the defaults as a table for people."""
    yield from ("| compose key | where the file is silent | for | why |", "|---|---|---|---|")
    for default in DEFAULTS:
        yield f"| `{default.key}` | `{default.written}` | {default.when} | {default.reason} |"


def _unprivileged(service: Service, _: MiB) -> Service | None:
    silent = not service.cap_drop and service.uid
    return replace(service, cap_drop=("ALL",)) if silent else None


def _entrypoint(service: Service, _: MiB) -> Service | None:
    if service.cap_drop:
        return None
    return replace(service, cap_drop=("ALL",), cap_add=tuple(sorted({*_ENTRYPOINT, *service.cap_add})))


def _no_new_privileges(service: Service, _: MiB) -> Service | None:
    if any(option.startswith("no-new-privileges") for option in service.security_opt):
        return None
    return replace(service, security_opt=tuple(sorted({*service.security_opt, _NO_NEW_PRIVILEGES})))


def _log(service: Service, _: MiB) -> Service | None:
    logging = service.logging or Logging(driver=_LOG_DRIVER, options={})
    if logging.driver != _LOG_DRIVER or "max-size" in logging.options:
        return None
    return replace(service, logging=Logging(driver=_LOG_DRIVER, options={**_LOG_OPTIONS, **logging.options}))


def _memory(service: Service, memory: MiB) -> Service | None:
    return None if service.memory else replace(service, memory=memory_limit(service, memory))


def _postgres(service: Service, memory: MiB) -> Service | None:
    if not postgres.is_tuned(service):
        return None
    return replace(service, command=postgres_settings.command(service, service.memory or memory))


def _shared_memory(service: Service, memory: MiB) -> Service | None:
    silent = service.shm_size is None and postgres.is_tuned(service)
    return replace(service, shm_size=postgres_settings.shared_memory(service.memory or memory)) if silent else None


def _redis(service: Service, memory: MiB) -> Service | None:
    if not redis.is_tuned(service):
        return None
    return replace(service, command=redis_settings.command(service, service.memory or memory))


_SILENT = "without `command` and `entrypoint`, and of others like it that `x-slipway` names; not with `tune: false`"


def _pooler(service: Service, _: MiB) -> Service | None:
    return poolers.complete(service)


DEFAULTS = (
    Default(
        key="user, read_only, healthcheck, stop_signal, ulimits",
        written=f'{{user: "{poolers.USER}", read_only: true, healthcheck: {{test: [CMD, pg_isready, …]}}, '
        f"stop_signal: {poolers.STOP_SIGNAL}, ulimits: {{nofile: {poolers.OPEN_FILES}}}}}",
        when="a service with `x-slipway.pooler`, each where it is silent",
        reason="PgBouncer refuses to run as root, writes nothing, and ends when no transaction is open",
        apply=_pooler,
    ),
    Default(
        key="cap_drop",
        written="cap_drop: [ALL]",
        when="a service whose `user` is a number other than 0",
        reason="it has no use for what only root may do",
        apply=_unprivileged,
    ),
    Default(
        key="cap_drop",
        written=f"{{cap_drop: [ALL], cap_add: [{', '.join(_ENTRYPOINT)}]}}".replace("CAP_", ""),
        when="any other service; its own `cap_add` is kept beside these",
        reason="images that begin as root take over a data folder and drop to their user, inside the container",
        apply=_entrypoint,
    ),
    Default(
        key="security_opt",
        written=f'security_opt: ["{_NO_NEW_PRIVILEGES}"]',
        when="a service that does not set `no-new-privileges` itself",
        reason="no program in it gets more rights than it began with",
        apply=_no_new_privileges,
    ),
    Default(
        key="logging",
        written=f'logging: {{driver: {_LOG_DRIVER}, options: {{max-file: "3", max-size: 10m}}}}',
        when="a service with that driver and no `max-size`",
        reason="a log without a limit fills the disk",
        apply=_log,
    ),
    Default(
        key="mem_limit",
        written="mem_limit: <the product's `memory`>",
        when="a service without a limit; its `mem_reservation` when that is more",
        reason="a leak takes itself down, not the server",
        apply=_memory,
    ),
    Default(
        key="shm_size",
        written="shm_size: <a quarter of the memory limit, at least 64m>",
        when="a PostgreSQL server that is started with settings, as below",
        reason="parallel queries fail when what they share has no room",
        apply=_shared_memory,
    ),
    Default(
        key="command",
        written="command: [postgres, -c, shared_buffers=…, …]",
        when=f"the images `postgres` from 12 on, `postgis/postgis` and `pgvector/pgvector` {_SILENT}",
        reason="PostgreSQL's own settings are for a machine of 128 MB",
        apply=_postgres,
    ),
    Default(
        key="command",
        written="command: [redis-server, --maxmemory, …, --appendonly, …]",
        when=f"the images `redis` and `valkey/valkey` {_SILENT}",
        reason="without a bound it grows until it is killed; without its file it forgets what was written last",
        apply=_redis,
    ),
)
"""In the order they are applied."""
