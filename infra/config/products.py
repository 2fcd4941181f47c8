"""Section `slipway:products`: what runs, on which server, under which domain."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from infra.config.database import DatabaseAccess, with_users
from infra.config.ingress import Ingress, Login, PublishedPort, RedirectRule
from infra.config.section import (
    BY_CONFIG,
    ConfigSecretName,
    EnvironmentName,
    FilePath,
    Name,
    SecretName,
    Section,
    Subnet,
)


class SecretSource(Section):
    """Where a secret of a product comes from; its value is never in a file of the repository in the clear."""

    REMEDY: ClassVar[str] = BY_CONFIG

    generate: Annotated[int, Field(ge=16, le=128)] | None = None
    """Make it: a random text of that many letters and digits, kept encrypted in the state."""
    config: ConfigSecretName | None = None
    """Take it from `slipway:secret-<name>`, set by `pulumi config set --secret`."""
    rotation: Annotated[int, Field(ge=1)] = 1
    """Count up for a new one; what uses it is released anew."""
    database: DatabaseAccess | None = None
    """The database user whose password it is, set in the database and in the file by one `up`."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.database is not None and self.generate is None:
            msg = "must have `generate`: a database user gets a password that nobody knows"
            raise ValueError(msg)
        return self.check_one_of("generate", "config")


class Product(Section):
    """One product: a set of compose files on a server."""

    DISPENSABLE: ClassVar[tuple[tuple[str, ...], ...]] = (("ingress",),)

    server: Name
    """Server it runs on, one of `slipway:servers`."""
    compose: list[FilePath] = Field(min_length=1)
    """Compose files; a later one adds to the earlier ones, as with `docker compose -f a -f b`."""
    env: dict[EnvironmentName, str] = Field(default_factory=dict)
    """What `${VARIABLE}` in the compose files stands for; nothing is taken from the shell or an `.env` file. A value
    may hold secrets as `{secret:<name>}`, percent-encoded in the user part of a URL, and as `{user:<name>}` the
    database user whose password a secret is."""
    secrets: dict[SecretName, SecretSource] = Field(default_factory=dict)
    """Secrets that the compose files use by name."""
    ingress: list[Ingress] = Field(default_factory=list)
    """What the internet may reach over HTTP."""
    profiles: list[str] = Field(default_factory=list)
    """Profiles of the compose files that are switched on; a service that has others only does not run."""
    memory: Annotated[int, Field(ge=16)] = 512
    """Memory limit, in MiB, of each service whose compose file sets none."""
    disposable: list[str] = Field(default_factory=list)
    """Volumes that are deleted with the product, by their names in the compose files; all others outlive it."""
    redirects: list[RedirectRule] = Field(default_factory=list)
    """Addresses that are answered with another one."""
    ports: list[PublishedPort] = Field(default_factory=list)
    """Ports of the server that lead to services which do not speak HTTP."""
    login: Login = Login()
    """What visitors sign in with where `basic_auth` asks for it."""
    maintenance_page: FilePath | None = None
    """HTML that visitors see while `slipway maintenance <stack> <product> on` holds; a plain page when absent."""
    subnet: Subnet | None = None
    """Network of the product's containers, a /24 of the server's `container_subnets`; derived from stack and product
    when absent."""

    @property
    def users(self) -> dict[str, str]:
        """Who signs in to a database by a secret, of those that are a database user's password."""
        return {
            name: source.database.user(source.rotation)
            for name, source in self.secrets.items()
            if source.database is not None
        }

    @property
    def variables(self) -> dict[str, str]:
        """What `${VARIABLE}` in the compose files stands for, database users in their places."""
        return {name: with_users(text, self.users) for name, text in self.env.items()}
