"""Section `slipway:edge`: what stands between the internet and the products."""

from typing import Literal, Self

from pydantic import model_validator

from infra.config.section import AcmeDirectory, Email, FilePath, Section


class Acme(Section):
    """Certificates by ACME, the protocol of Let's Encrypt."""

    email: Email
    """Address that the certificate authority writes to."""
    directory: AcmeDirectory = "letsencrypt"
    """`letsencrypt`, `letsencrypt-staging` (for trials: higher limits, browsers do not trust it), or the URL of an ACME
    directory."""
    challenge: Literal["tls-alpn-01", "http-01"] = "tls-alpn-01"
    """How the authority finds out that a domain is yours: on port 443 or on port 80."""
    ca_file: FilePath | None = None
    """Certificate authority of the ACME server itself, PEM, when it is a private one."""

    @model_validator(mode="after")
    def _has_a_private_authority_for_a_private_directory(self) -> Self:
        if self.ca_file and self.directory.startswith("letsencrypt"):
            msg = "`ca_file` is for a private ACME server: remove it, or name the server under `directory`"
            raise ValueError(msg)
        return self


class Edge(Section):
    """The edge of each server that has an ingress: Traefik on ports 80 and 443."""

    acme: Acme
    """Where certificates come from."""
