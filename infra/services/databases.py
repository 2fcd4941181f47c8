"""The users of a product's PostgreSQL services, whose passwords change in the database and in the file in one step."""

import pulumi

from infra.compose import project
from infra.compose.postgres import data
from infra.host import database_resources as databases
from infra.host import resources as host
from infra.services.poolers import Poolers


class DatabaseUsers:
    """Makes the user of each secret that is a database user's password, before the services that sign in by it."""

    def __init__(
        self,
        parent: pulumi.Resource,
        product: str,
        prefix: str,
        poolers: Poolers,
        provider: host.Provider,
    ) -> None:
        self._parent = parent
        self._product = product
        self._prefix = prefix
        self._secrets = poolers.secrets
        self._poolers = poolers
        self._provider = provider
        self._users: dict[str, databases.DatabaseUser] = {}
        self._lookups: dict[str, list[databases.PasswordLookup]] = {}

    def dependencies(self, service: project.Service) -> set[str]:
        """Return the services whose databases a service signs in to."""
        used = (self._secrets[name].access for name in service.secret_names)
        return {access.service for access in used if access}

    def before(self, service: project.Service) -> list[pulumi.Resource]:
        """Return the database users that a service signs in as, and what a pooler looks the others up by."""
        users = [self._users[name] for name in service.secret_names if name in self._users]
        lookups = (lookup for name in service.secret_names for lookup in self._lookups.get(name, ()))
        return [*users, *lookups]

    def serve(self, service: project.Service, available: pulumi.Resource) -> None:
        """Make the users of a database once it answers."""
        if data(service) is None:
            return
        container = f"{self._prefix}-{service.name}"
        for name, secret in self._secrets.items():
            access = secret.access
            if access and access.service == service.name:
                self._users[name] = databases.DatabaseUser(
                    # By its own name: the former one goes with the last container that depends on it, and not before.
                    f"{self._product}-{name}-{access.user}",
                    container=container,
                    user=access.user,
                    password=secret.value,
                    role=access.role,
                    database=access.database,
                    opts=self._options(available),
                )
        self._look_up(service.name, container)
        own = own_password(service)
        if own:
            superuser = service.environment.get("POSTGRES_USER", "postgres")
            databases.DatabaseUser(
                f"{self._product}-{service.name}-superuser",
                container=container,
                user=superuser,
                password=self._secrets[own].value,
                opts=self._options(available),
            )

    def _look_up(self, server: str, container: str) -> None:
        """Let the poolers of a database look passwords up, once its users have made roles and databases."""
        for (database, role), secret in self._poolers.lookups(server).items():
            lookup = databases.PasswordLookup(
                f"{self._product}-{server}-{database}-lookup-{role}",
                container=container,
                database=database,
                role=role,
                opts=self._options(*self._users.values()),
            )
            self._lookups.setdefault(secret, []).append(lookup)

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._parent, provider=self._provider, depends_on=list(after))


def own_password(service: project.Service) -> str | None:
    """Return the secret that a PostgreSQL image makes its data with, by file or in its environment."""
    files = {secret.path: secret.name for secret in service.secrets}
    texts = {f"{{secret:{name}}}": name for name in service.secret_names}
    return files.get(service.environment.get("POSTGRES_PASSWORD_FILE", "")) or texts.get(
        service.environment.get("POSTGRES_PASSWORD", "")
    )
