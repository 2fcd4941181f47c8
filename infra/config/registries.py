"""Section `slipway:registries`: where images come from, when that wants a login."""

from typing import ClassVar, Self

from pydantic import model_validator

from infra.config.section import BY_CONFIG, ConfigSecretName, FilePath, Section


class Password(Section):
    """Where a registry's password comes from."""

    REMEDY: ClassVar[str] = BY_CONFIG

    config: ConfigSecretName | None = None
    """Name of a secret of this stack: `slipway:secret-<name>`."""
    file: FilePath | None = None
    """File that holds it, on the machine that runs Pulumi."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        return self.check_one_of("config", "file")


class Registry(Section):
    """How servers sign in to one registry."""

    username: str
    """User who may pull."""
    password: Password
    """That user's password or token."""
    ca_file: FilePath | None = None
    """Certificate authority of a private registry, PEM; the server's own list when absent."""
