"""Section `slipway:edge`: what stands between the internet and the products."""

from typing import Literal, Self

from pydantic import Field, model_validator

from infra.config.host_values import Source
from infra.config.registries import Password
from infra.config.section import AcmeDirectory, Email, FilePath, Section


class Acme(Section):
    """Certificates by ACME, the protocol of Let's Encrypt."""

    email: Email
    """Address that the certificate authority writes to."""
    directory: AcmeDirectory | None = None
    """`letsencrypt`, `letsencrypt-staging` (for trials: higher limits, browsers do not trust it), or the URL of an ACME
    directory. When absent `letsencrypt`, or `letsencrypt-staging` where the stack is not public."""
    challenge: Literal["tls-alpn-01", "http-01"] = "tls-alpn-01"
    """How the authority finds out that a domain is yours: on port 443 or on port 80."""
    ca_file: FilePath | None = None
    """Certificate authority of the ACME server itself, PEM, when it is a private one."""

    @model_validator(mode="after")
    def _has_a_private_authority_for_a_private_directory(self) -> Self:
        if self.ca_file and (self.directory or "letsencrypt").startswith("letsencrypt"):
            msg = "`ca_file` is for a private ACME server: remove it, or name the server under `directory`"
            raise ValueError(msg)
        return self


class Certificate(Section):
    """A certificate of your own, in place of one by ACME for the hosts it names."""

    file: FilePath
    """The certificate and those between it and its authority, PEM."""
    key: Password
    """Its private key, PEM, without a passphrase."""


class Edge(Section):
    """The edge of each server that has an ingress: Traefik on ports 80 and 443."""

    public: bool = True
    """`false` for a stack that is not for everybody, such as a test environment: visitors sign in with the product's
    `login`, and certificates are those of Let's Encrypt's staging, unless something else is written."""
    acme: Acme
    """Where certificates come from."""
    certificates: list[Certificate] = Field(default_factory=list)
    """Certificates of your own."""
    http3: bool = True
    """Whether the edge also answers over HTTP/3, on UDP port 443."""
    trusted_proxies: list[Source] = Field(default_factory=list)
    """Networks of a CDN or load balancer in front, which may say who the client is; rate limits and `allow` then go by
    that client. Nobody when absent."""
