"""Traefik's dynamic configuration that no release changes: of the edge itself, and of a product."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra.edge import middlewares
from infra.edge.document import to_template
from infra.host.agent import places
from infra.ingress.rules import Redirect

RESOLVER = "acme"
PLUGIN = "page"
"""Name of the interpreted plugin that answers with a page; its source is `page.go`."""
RETRY_SECONDS = 120
"""When a client should ask again that was turned away for maintenance."""
_PLAIN_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Maintenance</title>'
    "<h1>Down for maintenance</h1><p>We will be back soon.</p></html>\n"
)
_NOT_FOUND = 404
_LOWEST = 1
# Mozilla's intermediate configuration, https://ssl-config.mozilla.org, as far as Go has its parts.
_TLS: Mapping[str, Any] = {
    "minVersion": "VersionTLS12",
    "cipherSuites": [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ],
    "curvePreferences": ["X25519MLKEM768", "X25519", "CurveP256", "CurveP384"],
    # Who asks for a name that is not served gets no certificate, not one of Traefik's own making.
    "sniStrict": True,
}


def edge(*, ports: Sequence[int], gateway: str) -> str:
    """Return what holds for all products: the TLS settings, and a 404 with all headers where no route leads.

    Args:
        ports: those of entries without a domain, over plain HTTP.
        gateway: address of the server itself on the edge's network; nobody else is told the metrics.
    """
    routers: dict[str, Any] = {
        "edge-metrics": {
            "rule": f"Host(`{places.EDGE_METRICS_HOST}`) && ClientIP(`{gateway}/32`)",
            "entryPoints": ["confirm"],
            "service": "prometheus@internal",
        },
        "edge-not-found": {**_not_found(secure=True), "entryPoints": ["websecure"], "tls": {}},
    }
    if ports:
        points = [f"http-{port}" for port in ports]
        routers["edge-not-found-plain"] = {**_not_found(secure=False), "entryPoints": points}
    found = {
        "edge-headers": middlewares.headers(secure=True),
        "edge-headers-plain": middlewares.headers(secure=False),
        "edge-status-404": middlewares.error(_NOT_FOUND),
        "edge-status-413": middlewares.error(middlewares.CONTENT_TOO_LARGE),
    }
    return to_template({"tls": {"options": {"default": _TLS}}, "http": {"routers": routers, "middlewares": found}})


def certificates(pairs: Sequence[tuple[str, str]]) -> str:
    """Return the stack's own certificates, each a chain and its key in PEM; a changed one is served at once."""
    return to_template({"tls": {"certificates": [{"certFile": chain, "keyFile": key} for chain, key in pairs]}})


def login(prefix: str, *, user: str, password_hash: str) -> str:
    """Return the middleware by which a product's visitors sign in.

    Args:
        prefix: `<stack>-<product>`.
        user: name that is asked for.
        password_hash: the password by bcrypt.
    """
    # The service needs no password of the edge's, and cannot log what it does not get.
    basic = {"users": [f"{user}:{password_hash}"], "realm": prefix, "removeHeader": True}
    return to_template({"http": {"middlewares": {login_name(prefix): {"basicAuth": basic}}}})


def product(prefix: str, *, redirects: Sequence[Redirect], page: str | None) -> str:
    """Return what belongs to a product and to none of its services: redirects and the maintenance page.

    Args:
        prefix: `<stack>-<product>`.
        redirects: addresses that are answered with another one.
        page: HTML of the maintenance page; a plain one when absent.
    """
    shown = {"plugin": {PLUGIN: {"status": 503, "retryAfter": RETRY_SECONDS, "body": page or _PLAIN_PAGE}}}
    found: dict[str, Any] = {maintenance_name(prefix): shown}
    routers: dict[str, Any] = {}
    for index, redirect in enumerate(redirects):
        name = f"{prefix}-redirect-{index}"
        found[name] = {"redirectRegex": _redirect(redirect)}
        routers[name] = {
            "rule": matching(redirect.host, redirect.path),
            "priority": priority(redirect.path),
            "entryPoints": ["websecure"],
            "middlewares": ["edge-headers", name],
            "service": middlewares.NOTHING,
            "tls": tls(own_certificate=redirect.own_certificate),
        }
    return to_template({"http": {"middlewares": found, **({"routers": routers} if routers else {})}})


def matching(host: str | None, path: str) -> str:
    """Return which requests an address is about: those for the path and for what is under it, as `/api` not `/apis`.

    Args:
        host: None for an address by port.
        path: the whole host when it is empty or `/`.
    """
    folder = path.rstrip("/")
    parts = [f"Host(`{host}`)"] if host else []
    if folder:
        parts.append(f"(Path(`{folder}`) || PathPrefix(`{folder}/`))")
    return " && ".join(parts) or "PathPrefix(`/`)"


def priority(path: str, *, further: bool = False) -> int:
    """Return the rank of a router: Traefik's own, the length of the rule, would have methods outdo a longer path.

    Args:
        path: the path it is about.
        further: it asks for more than the path, and goes before the one that does not.
    """
    return _LOWEST + 1 + 2 * len(path.rstrip("/")) + further


def login_name(prefix: str) -> str:
    """Return the name of the middleware by which a product's visitors sign in."""
    return f"{prefix}-login"


def maintenance_name(prefix: str) -> str:
    """Return the name of the middleware that answers with a product's maintenance page."""
    return f"{prefix}-maintenance"


def tls(*, own_certificate: bool) -> dict[str, str]:
    """Return where the certificate of a router comes from."""
    return {} if own_certificate else {"certResolver": RESOLVER}


def _not_found(*, secure: bool) -> dict[str, Any]:
    chain = ["edge-headers" if secure else "edge-headers-plain", "edge-status-404"]
    return {"rule": "PathPrefix(`/`)", "priority": _LOWEST, "middlewares": chain, "service": middlewares.NOTHING}


def _redirect(redirect: Redirect) -> dict[str, Any]:
    regex = f"^https?://[^/]+{re.escape(redirect.path)}(.*)$"
    return {"regex": regex, "replacement": f"{redirect.to}${{1}}", "permanent": redirect.permanent}
