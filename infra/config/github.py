"""Section `slipway:github`: how GitHub is signed in to."""

from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from infra.config.sealed import is_loopback, is_sealed
from infra.config.section import BY_CONFIG, ConfigSecretName, FilePath, Section

PUBLIC_API = "https://api.github.com/"


def _sealed(address: str) -> str:
    parts = urlsplit(address)
    if (
        not is_sealed(address, is_near=is_loopback)
        or not parts.hostname
        or parts.username
        or parts.query
        or not address.endswith("/")
    ):
        msg = "must be an https address that ends in `/`, such as `https://github.example.com/`"
        raise ValueError(msg)
    return address


ApiAddress = Annotated[str, Field(title="address of an API"), AfterValidator(_sealed)]


class Token(Section):
    """The token that Slipway signs in with."""

    REMEDY: ClassVar[str] = BY_CONFIG

    config: ConfigSecretName | None = None
    """Name of a secret of this stack: `slipway:secret-<name>`."""
    file: FilePath | None = None
    """File that holds it, on the machine that runs Pulumi."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        return self.check_one_of("config", "file")


class GitHub(Section):
    """How GitHub is signed in to."""

    token: Token | None = None
    """A token of the owner's; the environment's GITHUB_TOKEN when absent, which never gets into the state."""
    base_url: ApiAddress = PUBLIC_API
    """Where GitHub is: a GitHub Enterprise Server by its own address."""
