"""The ways into a product: frozen, resolved, without a single secret value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Protocol = Literal["tcp", "udp"]
Service = Literal["http", "tcp", "udp"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """Most requests of one client address."""

    average: int
    """Requests a second, over time."""
    burst: int
    """Requests at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cors:
    """Which other sites' pages may call a service from a browser."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int = 600
    """Seconds a browser may remember the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicRule:
    """One host and path, or one port of the server, under which the world reaches a service over HTTP."""

    host: str | None = None
    """Domain, over TLS; None for an entry by port."""
    listen: int | None = None
    """Port of the server for an entry without a domain, over plain HTTP."""
    path: str = "/"
    port: int
    """Port the service listens on."""
    grpc: bool = False
    """The service speaks HTTP/2 without TLS (h2c)."""
    rate_limit: RateLimit | None = None
    """No limit when absent."""
    body_limit: int | None = None
    """MiB of a request's body."""
    timeout: int = 60
    """Seconds the service may take to begin its answer."""
    login: bool = False
    """Whether the product's login is asked for."""
    allow: tuple[str, ...] = ()
    """Networks that may ask; everyone when empty."""
    cors: Cors | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    """Header → value in place of the edge's; None leaves it to the service."""
    compress: bool = True
    own_certificate: bool = False
    """The host is one of a certificate of the stack's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """A port of the server whose bytes or datagrams go to a service as they are."""

    listen: int
    protocol: Protocol
    port: int
    """Port the service listens on."""
    allow: tuple[str, ...] = ()
    """Networks that may connect; everyone when empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redirect:
    """An address that is answered with another one."""

    host: str
    path: str
    to: str
    """URL that takes the place of host and path; what follows them is kept."""
    permanent: bool
    own_certificate: bool = False


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Listener:
    """A port of the server that the edge publishes beside its own."""

    port: int
    speaks: Service
    """What the edge understands of it."""

    @property
    def protocol(self) -> Protocol:
        """What it is carried by."""
        return "udp" if self.speaks == "udp" else "tcp"
