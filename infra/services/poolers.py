"""PgBouncer before a PostgreSQL service: how it is set up, and the file that it signs in by.

It knows no password but its own. What the database keeps of those of its clients it looks up when they come, so a
rotation changes nothing here: https://www.pgbouncer.org/config.html#authentication-settings.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pulumi

from infra.compose.poolers import Home, Pooling, connections, databases, poolings
from infra.compose.project import ConfigFile, Healthcheck, Project, Service, Ulimit
from infra.compose.quantities import Duration
from infra.host.agent.password_lookup import query
from infra.services.secret import DatabaseAccess, Secret

USER = "65532:65532"
"""Of no name: PgBouncer refuses to run as root, and owns nothing."""
STOP_SIGNAL = "SIGINT"
"""Ends once no transaction is open, in every version; SIGTERM cut them off before 1.23, and waits for clients since."""
OPEN_FILES = 16_384
"""More than clients and connections there can be; some engines give a container 1024."""
_PORT = 5432
"""Where clients find it, and where it finds the database in whose place it stands."""
_CONFIGURATION = "/etc/pgbouncer/pgbouncer.ini"
_HEALTHCHECK = Healthcheck(
    test=("CMD", "pg_isready", "--host=127.0.0.1", f"--port={_PORT}"),
    interval=Duration(5_000),
    timeout=Duration(3_000),
    retries=5,
    start_period=Duration(5_000),
)


def complete(service: Service) -> Service | None:
    """Return a pooler with what its compose files leave open; nothing for any other service."""
    if service.pooler is None:
        return None
    limits = {each.name: each for each in (Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES), *service.ulimits)}
    return replace(
        service,
        user=service.user or USER,
        read_only=True,
        entrypoint=("pgbouncer",),
        command=(_CONFIGURATION,),
        healthcheck=service.healthcheck or _HEALTHCHECK,
        stop_signal=service.stop_signal or STOP_SIGNAL,
        ulimits=tuple(limits[name] for name in sorted(limits)),
    )


class Poolers:
    """The poolers of a product, with what its secrets say."""

    secrets: Mapping[str, Secret]
    """Those of the product."""

    def __init__(self, project: Project, secrets: Mapping[str, Secret]) -> None:
        accesses = {name: secret.access for name, secret in secrets.items() if secret.access}
        homes = {name: Home(access.service, access.database) for name, access in accesses.items()}
        self.secrets = secrets
        self._poolings = {each.service.name: each for each in poolings(project) if each.secret in accesses}
        self._own = {name: accesses[each.secret] for name, each in self._poolings.items()}
        self._databases = {
            name: databases(project, each.pooler.database, homes) for name, each in self._poolings.items()
        }

    def set_up(self, service: Service) -> Service:
        """Return a service with its configuration when it is a pooler, and as it is otherwise."""
        pooling = self._poolings.get(service.name)
        if pooling is None:
            return service
        access, names = self._own[service.name], self._databases[service.name]
        content = configuration(pooling, access, names)
        return replace(
            service,
            configs=(*service.configs, ConfigFile(name="pgbouncer.ini", path=_CONFIGURATION, content=content)),
            healthcheck=_asking_as(access.user, names) if service.healthcheck == _HEALTHCHECK else service.healthcheck,
        )

    def secrets_of(self, service: Service) -> Mapping[str, Secret]:
        """Return the product's secrets as a service has them: that of a pooler is the file it signs in by."""
        pooling = self._poolings.get(service.name)
        if pooling is None:
            return self.secrets
        secret = self.secrets[pooling.secret]
        line = pulumi.Output.secret(secret.value).apply(partial(users_file, self._own[service.name].user))
        return {**self.secrets, pooling.secret: replace(secret, value=line)}

    def lookups(self, server: str) -> Mapping[tuple[str, str], str]:
        """Return who has to look passwords up on a server: database and role → the secret of that user."""
        return {
            (database, self._own[name].role): each.secret
            for name, each in self._poolings.items()
            for database in self._databases[name]
            if each.pooler.database == server
        }


def _asking_as(user: str, names: tuple[str, ...]) -> Healthcheck:
    """Return the health check with who asks, for what: a user without a name has to say so, and nobody else is known.

    It is not let in, and nothing is asked of the database.
    """
    return replace(
        _HEALTHCHECK, test=(*_HEALTHCHECK.test, f"--username={user}", *(f"--dbname={each}" for each in names[:1]))
    )


def users_file(user: str, password: str) -> str:
    """Return the file with the one password that PgBouncer knows; generated ones hold letters and digits alone."""
    return f'"{user}" "{password}"\n'


def configuration(pooling: Pooling, access: DatabaseAccess, names: tuple[str, ...]) -> str:
    """Return the configuration of PgBouncer.

    Args:
        pooling: the pooler.
        access: who looks passwords up.
        names: the databases.
    """
    pooler = pooling.pooler
    (path,) = (secret.path for secret in pooling.service.secrets)
    return "\n".join(
        [
            "[databases]",
            *(f"{name} = host={pooler.database} port={_PORT}" for name in names),
            "[users]",
            f"{access.user} = pool_mode=transaction max_user_connections={len(names)}",
            "[pgbouncer]",
            "listen_addr = *",
            f"listen_port = {_PORT}",
            "unix_socket_dir =",
            "auth_type = scram-sha-256",
            f"auth_file = {path}",
            f"auth_user = {access.user}",
            f"auth_query = {query(access.role)}",
            f"pool_mode = {pooler.mode}",
            f"default_pool_size = {pooler.size}",
            # Of both users of a rotation together, and of the one who looks passwords up.
            f"max_db_connections = {connections(pooler)}",
            f"max_client_conn = {pooler.clients}",
            # Drivers of Java ask for it, and it makes no difference.
            "ignore_startup_parameters = extra_float_digits",
            "log_connections = 0",
            "log_disconnections = 0",
            "",
        ]
    )
