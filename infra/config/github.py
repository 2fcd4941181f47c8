"""Section `slipway:github`: how GitHub is signed in to."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from infra.config.section import ConfigSecretName, Section

PUBLIC_API = "https://api.github.com/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sealed(address: str) -> str:
    parts = urlsplit(address)
    is_sealed = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    if not is_sealed or not parts.hostname or parts.username or parts.query or not address.endswith("/"):
        msg = "must be an https address that ends in `/`, such as `https://github.example.com/`"
        raise ValueError(msg)
    return address


ApiAddress = Annotated[str, Field(title="address of an API"), AfterValidator(_sealed)]


class Token(Section):
    """The token that Slipway signs in with."""

    config: ConfigSecretName
    """Name of a secret of this stack: `slipway:secret-<name>`."""


class GitHub(Section):
    """How GitHub is signed in to."""

    token: Token | None = None
    """A token of the owner's; the environment's GITHUB_TOKEN when absent, which never gets into the state."""
    base_url: ApiAddress = PUBLIC_API
    """Where GitHub is: a GitHub Enterprise Server by its own address."""
