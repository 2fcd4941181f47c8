"""What the stack file says of the edge and the ways in → their part of `Settings`."""

from collections.abc import Callable

from infra.config.edge import Acme, Edge
from infra.config.files import NamedFiles
from infra.config.ingress import CorsRule, Ingress, RateLimitRule
from infra.config.passwords import asks_for_login
from infra.config.products import Product
from infra.config.settings import (
    AcmeSettings,
    CertificateSettings,
    EdgeSettings,
    IngressSettings,
    LoginSettings,
    StreamSettings,
)
from infra.ingress.rules import Cors, PublicRule, RateLimit, Redirect, Stream

_DIRECTORIES = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}

IsOwn = Callable[[str | None], bool]
"""Tells whether a host is one of a certificate of the stack's own."""


def resolve_edge(
    edge: Edge, image: str, files: NamedFiles, certificates: tuple[CertificateSettings, ...]
) -> EdgeSettings:
    """Return the edge with the certificates of the stack's own."""
    return EdgeSettings(
        image=image,
        acme=_acme(edge.acme, files, public=edge.public),
        certificates=certificates,
        http3=edge.http3,
        trusted_proxies=tuple(edge.trusted_proxies),
    )


def resolve_ingress(product: Product, is_own: IsOwn, *, public: bool) -> tuple[IngressSettings, ...]:
    """Return the ways into a product over HTTP.

    Args:
        product: its section.
        is_own: which hosts have a certificate of the stack's own.
        public: whether the stack is for everybody: else visitors sign in unless an ingress says otherwise.
    """
    return tuple(
        IngressSettings(service=ingress.service, rule=_rule(ingress, is_own, public=public))
        for ingress in product.ingress
    )


def resolve_streams(product: Product) -> tuple[StreamSettings, ...]:
    """Return the ports that lead to services of a product as they are."""
    return tuple(
        StreamSettings(
            service=port.service,
            stream=Stream(listen=port.port, protocol=port.protocol, port=port.target, allow=tuple(port.allow)),
        )
        for port in product.ports
    )


def resolve_redirects(product: Product, is_own: IsOwn) -> tuple[Redirect, ...]:
    """Return the addresses that are answered with another one."""
    return tuple(
        Redirect(
            host=rule.host,
            path=rule.path.rstrip("/"),
            to=rule.to.rstrip("/"),
            permanent=rule.permanent,
            own_certificate=is_own(rule.host),
        )
        for rule in product.redirects
    )


def resolve_login(product: Product, ingress: tuple[IngressSettings, ...]) -> LoginSettings | None:
    """Return what visitors sign in with, where any way in asks for it."""
    if not any(way.rule.login for way in ingress):
        return None
    return LoginSettings(user=product.login.user, rotation=product.login.rotation)


def _acme(acme: Acme, files: NamedFiles, *, public: bool) -> AcmeSettings:
    directory = acme.directory or ("letsencrypt" if public else "letsencrypt-staging")
    return AcmeSettings(
        email=acme.email,
        directory=_DIRECTORIES.get(directory, directory),
        challenge=acme.challenge,
        ca=files.text(("edge", "acme", "ca_file"), acme.ca_file) if acme.ca_file else None,
    )


def _rule(ingress: Ingress, is_own: IsOwn, *, public: bool) -> PublicRule:
    return PublicRule(
        host=ingress.host,
        listen=ingress.listen,
        path=ingress.path,
        port=ingress.port,
        grpc=ingress.protocol == "grpc",
        rate_limit=_rate_limit(ingress.rate_limit),
        body_limit=ingress.body_limit,
        timeout=ingress.timeout.seconds,
        login=asks_for_login(ingress, public=public),
        allow=tuple(ingress.allow),
        cors=_cors(ingress.cors),
        headers=ingress.headers,
        compress=ingress.compress,
        own_certificate=is_own(ingress.host),
    )


def _rate_limit(rule: RateLimitRule) -> RateLimit | None:
    return None if rule.unlimited else RateLimit(average=rule.average, burst=rule.burst)


def _cors(rule: CorsRule | None) -> Cors | None:
    if rule is None:
        return None
    return Cors(
        origins=tuple(rule.origins),
        methods=tuple(rule.methods),
        headers=tuple(rule.headers),
        credentials=rule.credentials,
    )
