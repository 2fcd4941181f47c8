"""What the internet may reach of a product: part of section `slipway:products`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from infra.compose.quantities import Duration
from infra.compose.values import DurationText
from infra.config.host_values import Reason, Source
from infra.config.section import Domain, Form, Name, Port, Section, UrlPath

LONGEST_TIMEOUT = Duration(3_600_000)
Origin = Annotated[
    str,
    Form(
        "origin",
        r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$",
        "must be one origin, such as `https://www.example.com`: `*` would let every site's pages call the service",
    ),
]
HeaderName = Annotated[str, Form("header", r"^[A-Za-z][A-Za-z0-9-]{0,63}$", "must be the name of a header")]
HeaderValue = Annotated[str, Form("header value", r"^[\x20-\x7e]{1,2048}$", "must be one line of plain characters")]
RedirectTarget = Annotated[
    str,
    Form(
        "redirect target",
        r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$",
        "must be a URL without a query, such as `https://shop.example.com/new`",
    ),
]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
Count = Annotated[int, Field(ge=1)]


class RateLimitRule(Section):
    """Most requests of one client address (of one /64 over IPv6); more are answered with 429."""

    average: Count = 10
    """Requests a second, over time."""
    burst: Count = 20
    """Requests at once."""
    unlimited: Reason | None = None
    """Set no limit, and say why, in at least 15 characters."""


class CorsRule(Section):
    """Which other sites' pages may call the service from a browser."""

    origins: list[Origin] = Field(min_length=1)
    """Those sites, one by one."""
    methods: list[Method] = Field(default=["GET", "HEAD", "POST"], min_length=1)
    """What they may ask."""
    headers: list[HeaderName] = Field(default_factory=list)
    """Headers they may send beside the harmless ones."""
    credentials: bool = False
    """Whether the browser sends its cookies along."""


class Ingress(Section):
    """A way from the internet to a service; HTTP is sent on to HTTPS."""

    host: Domain | None = None
    """Domain; its DNS record leads to the server. This or `listen`."""
    listen: Port | None = None
    """Port of the server, for an entry by plain HTTP without a domain: it is published and let through the firewall."""
    path: UrlPath = "/"
    """Path under which the service answers; the longest one wins."""
    service: Name
    """Service of the compose file."""
    port: Port
    """Port the service listens on; it is in the compose file under `expose`."""
    protocol: Literal["http", "grpc"] = "http"
    """`grpc` for a service that speaks HTTP/2 without TLS (h2c); WebSockets and server-sent events are `http`."""
    rate_limit: RateLimitRule = RateLimitRule()
    """Most requests of one client address: 10 a second and 20 at once when absent."""
    body_limit: Annotated[int, Field(ge=1, le=1024)] | None = None
    """MiB that the body of a request may have; more is answered with 413. A POST, PUT, PATCH or DELETE that does not
    say its length is then read whole before it is passed on. No limit when absent."""
    timeout: DurationText = Duration(60_000)
    """How long the service may take to begin its answer, at most `1h`; then the edge answers 504."""
    basic_auth: bool | None = None
    """Whether the product's `login` is asked for; when absent only where the stack is not public (`slipway:edge`)."""
    allow: list[Source] = Field(default_factory=list)
    """Networks that may ask; others are answered with 403. Everyone when absent."""
    cors: CorsRule | None = None
    """Which other sites' pages may call it from a browser; none when absent."""
    headers: dict[HeaderName, HeaderValue | None] = Field(default_factory=dict)
    """Headers of every answer, in place of those of the edge and of the service; `null` leaves one to the service."""
    compress: bool = True
    """Whether answers of 1 KiB and more are sent as gzip or Brotli to who takes that."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.protocol == "grpc" and self.body_limit is not None:
            msg = "`body_limit` is not for `protocol: grpc`, whose streams would be held back until they end"
            raise ValueError(msg)
        if not 0 < self.timeout.milliseconds <= LONGEST_TIMEOUT.milliseconds:
            msg = f"`timeout` must be longer than 0 seconds and at most {LONGEST_TIMEOUT}"
            raise ValueError(msg)
        return self.check_one_of("host", "listen")


class RedirectRule(Section):
    """An address that is answered with another one; what follows the path, and the query, is kept."""

    host: Domain
    """Domain; its DNS record leads to the server."""
    path: UrlPath = "/"
    """Path, with everything under it."""
    to: RedirectTarget
    """Where to, as a URL."""
    permanent: bool = True
    """301, or 308 for what is no GET, which browsers remember; `false` for 302 and 307."""


class PublishedPort(Section):
    """A port of the server whose bytes or datagrams go to a service as they are."""

    port: Port
    """Port of the server; it is published and let through the firewall."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """What it is carried by."""
    service: Name
    """Service of the compose file."""
    target: Port
    """Port the service listens on; it is in the compose file under `expose`, as `53/udp` where it is UDP."""
    allow: list[Source] = Field(default_factory=list)
    """Networks that may connect; everyone when absent."""


class Login(Section):
    """Name and password that the edge asks for; the password is made, and kept encrypted in the state."""

    user: Name = "staff"
    """The name; `pulumi stack output --show-secrets logins` shows the password."""
    rotation: Count = 1
    """Count up for a new password."""
