"""Traefik's static and dynamic configuration as pure functions."""

import io
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_docker as docker
from ruamel.yaml import YAML

from infra.host.agent import places

HTTP_PORT = 80
PING_PORT = 8098
"""Entry point of Traefik's own health check, on loopback inside the container."""
RESOLVER = "acme"


def static(*, email: str, directory: str, challenge: str, own_authority: bool, internal_ports: Sequence[int]) -> str:
    """Return `traefik.yml`.

    Args:
        email: Contact the certificate authority writes to.
        directory: URL of the ACME directory.
        challenge: `tls-alpn-01` or `http-01`.
        own_authority: Whether the directory is behind a private CA, mounted at `/etc/traefik/acme-ca.crt`.
        internal_ports: Ports of routed services, on which the edge takes calls between services of a product.
    """
    acme: dict[str, Any] = {
        "email": email,
        "storage": "/acme/acme.json",
        "caServer": directory,
        "keyType": "EC256",
        **({"tlsChallenge": {}} if challenge == "tls-alpn-01" else {"httpChallenge": {"entryPoint": "web"}}),
        **({"caCertificates": ["/etc/traefik/acme-ca.crt"]} if own_authority else {}),
    }
    # The redirect has the lowest priority, so that a service listening on 80 can be called by its neighbours.
    redirect = {"entryPoint": {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}}
    entry_points: dict[str, Any] = {
        "web": _entry_point(":80", {"redirections": redirect}),
        "websecure": _entry_point(":443"),
        "confirm": _entry_point(f":{places.EDGE_CONFIRM_PORT}"),
        "ping": _entry_point(f"127.0.0.1:{PING_PORT}"),
        **{internal_entry_point(port): _entry_point(f":{port}") for port in internal_ports if port != HTTP_PORT},
    }
    return _yaml(
        {
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "log": {"level": "INFO", "noColor": True},
            "ping": {"entryPoint": "ping"},
            "entryPoints": entry_points,
            # A switch is seen at once: the default throttle of 2 s only delays it.
            "providers": {"file": {"directory": "/dynamic", "watch": True}, "providersThrottleDuration": "100ms"},
            "certificatesResolvers": {RESOLVER: {"acme": acme}},
        }
    )


def _entry_point(address: str, http: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an entry point that passes no header on that a backend could take for one of Traefik's own."""
    return {"address": address, "http": {"aliasHeadersStrategy": "delete", **(http or {})}}


def internal_entry_point(port: int) -> str:
    """Return the name of the entry point that takes calls between services on a port."""
    return "web" if port == HTTP_PORT else f"internal-{port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicRule:
    """One host and path of a service that the world may ask for."""

    host: str
    path: str
    port: int
    average: int | None = None
    """Requests a second and client; no limit when absent."""
    burst: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRules:
    """Everything about a route but the container that serves it."""

    name: str
    """`<stack>-<product>-<service>`: file name, and the host the agent confirms by."""
    aliases: tuple[str, ...]
    """Names by which neighbours call the service; none when they call its container directly."""
    ports: tuple[int, ...]
    """Ports the service listens on; the first one is asked for confirmation."""
    subnet: str
    """Network of the product: calls by alias are taken from there only."""
    gateway: str
    """Address the server itself has on the edge's network."""
    public: tuple[PublicRule, ...] = ()


def route(rules: RouteRules, *, container: str, release: str) -> str:
    """Return the dynamic configuration that sends a service's requests to one container.

    The first line names container and release for the agent, which reads it back to see drift.
    """
    marker = f"{rules.name}-release"
    routers: dict[str, Any] = {
        f"{rules.name}-confirm": {
            "rule": f"Host(`{rules.name}`) && ClientIP(`{rules.gateway}/32`)",
            "entryPoints": ["confirm"],
            "service": _service(rules.name, rules.ports[0]),
            "middlewares": [marker],
        }
    }
    middlewares: dict[str, Any] = {marker: {"headers": {"customResponseHeaders": {places.RELEASE_HEADER: release}}}}
    callers = " || ".join(f"Host(`{alias}`)" for alias in rules.aliases)
    for port in rules.ports if callers else ():
        routers[f"{rules.name}-internal-{port}"] = {
            "rule": f"({callers}) && ClientIP(`{rules.subnet}`)",
            "entryPoints": [internal_entry_point(port)],
            "service": _service(rules.name, port),
        }
    for index, rule in enumerate(rules.public):
        router, limits = _public(rules.name, index, rule)
        middlewares |= limits
        routers[f"{rules.name}-public-{index}"] = {**router, "middlewares": [marker, *limits]}
    services = {
        _service(rules.name, port): {"loadBalancer": {"servers": [{"url": f"http://{container}:{port}"}]}}
        for port in rules.ports
    }
    header = f"# container={container} release={release}\n"
    return header + _yaml({"http": {"routers": routers, "middlewares": middlewares, "services": services}})


def _public(name: str, index: int, rule: PublicRule) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the router of a public rule and the middlewares it brings along."""
    path = "" if rule.path == "/" else f" && PathPrefix(`{rule.path}`)"
    router = {
        "rule": f"Host(`{rule.host}`){path}",
        "entryPoints": ["websecure"],
        "service": _service(name, rule.port),
        "tls": {"certResolver": RESOLVER},
    }
    if rule.average is None:
        return router, {}
    limit = {"average": rule.average, "burst": rule.burst or rule.average}
    return router, {f"{name}-limit-{index}": {"rateLimit": limit}}


def gateway(subnet: str) -> str:
    """Return the address Docker gives the server on a network: the first of its subnet."""
    return str(next(ipaddress.ip_network(subnet).hosts()))


def address_range(subnet: str) -> docker.NetworkIpamConfigArgs:
    """Return the addresses of a network.

    The gateway is written out: Docker adds it after its first restart, and the network would be replaced.
    """
    return docker.NetworkIpamConfigArgs(subnet=subnet, gateway=gateway(subnet))


def _service(name: str, port: int) -> str:
    return f"{name}-{port}"


def _yaml(document: Mapping[str, Any]) -> str:
    # YAML 1.2, as Traefik reads it: by 1.1 the release 449580e5 would go unquoted, and be read as a number.
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.width = 1000
    text = io.StringIO()
    writer.dump(dict(document), text)
    return text.getvalue()
