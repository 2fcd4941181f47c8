"""A route as Traefik's dynamic configuration, and networks of the edge, as pure functions."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pulumi_docker as docker

from infra.edge import middlewares, shared
from infra.edge.document import to_template
from infra.edge.static import internal_entry_point
from infra.host.agent import places
from infra.ingress.rules import PublicRule, Stream

_WITH_BODY = ("DELETE", "PATCH", "POST", "PUT")
_TIMEOUTS = {"dialTimeout": "10s", "idleConnTimeout": "90s"}
_IDLE_CONNECTIONS = 200
"""As Traefik keeps for services without settings of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRules:
    """Everything about a route but the container that serves it."""

    name: str
    """`<stack>-<product>-<service>`: file name, and the host the agent confirms by."""
    product: str
    """`<stack>-<product>`: begins the names of what the product's routes share."""
    aliases: tuple[str, ...]
    """Names by which neighbours call the service; none when they call its container directly."""
    ports: tuple[int, ...]
    """Ports on which the service speaks HTTP; the first one is asked for confirmation."""
    subnet: str
    """Network of the product: calls by alias are taken from there only."""
    gateway: str
    """Address the server itself has on the edge's network."""
    public: tuple[PublicRule, ...] = ()
    streams: tuple[Stream, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """Networks that may say who the client is."""
    maintenance: bool = False
    """Whether visitors see the maintenance page; neighbours and the agent never do."""


def route(rules: RouteRules, *, containers: Sequence[str], release: str) -> str:
    """Return the dynamic configuration that sends a service's requests to its containers in turn.

    The first line names the first container and the release for the agent, which reads it back to see drift, and the
    revision of everything else, by which the edge confirms a change of the rules alone.
    """
    http = _Http(rules, tuple(containers), release)
    http.add_internal()
    for index, rule in enumerate(rules.public):
        http.add_public(index, rule)
    document = {"http": http.document, **_streams(rules, containers)}
    revision = sha256(to_template(document).encode()).hexdigest()[:8]
    http.add_confirmation(revision)
    return f"# container={containers[0]} release={release} revision={revision}\n{to_template(document)}"


@dataclass(slots=True)
class _Http:
    """The part of a route that speaks HTTP, piece by piece."""

    rules: RouteRules
    containers: tuple[str, ...]
    release: str
    document: dict[str, dict[str, Any]] = field(default_factory=lambda: {"routers": {}, "middlewares": {}})

    def add_confirmation(self, revision: str) -> None:
        """Let the agent ask which release serves; of a service without HTTP the edge itself says it."""
        rules = self.rules
        self.document["middlewares"] |= {
            self._marker: _answering({places.RELEASE_HEADER: self.release}),
            f"{rules.name}-revision": _answering({places.REVISION_HEADER: revision}),
        }
        self.document["routers"][f"{rules.name}-confirm"] = {
            "rule": f"Host(`{rules.name}`) && ClientIP(`{rules.gateway}/32`)",
            "entryPoints": ["confirm"],
            "service": self._service(rules.ports[0]) if rules.ports else middlewares.NOTHING,
            "middlewares": [self._marker, f"{rules.name}-revision"],
        }

    def add_internal(self) -> None:
        """Let the product's other services call this one by its names."""
        callers = " || ".join(f"Host(`{alias}`)" for alias in self.rules.aliases)
        for port in self.rules.ports if callers else ():
            self.document["routers"][f"{self.rules.name}-internal-{port}"] = {
                "rule": f"({callers}) && ClientIP(`{self.rules.subnet}`)",
                "entryPoints": [internal_entry_point(port)],
                "service": self._service(port),
                **({"middlewares": again} if (again := self._again()) else {}),
            }

    def add_public(self, index: int, rule: PublicRule) -> None:
        """Let the world call the service by a host and path, or by a port."""
        name = f"{self.rules.name}-public-{index}"
        chain = [self._marker]
        for kind, middleware in middlewares.of_rule(rule, trusted_proxies=self.rules.trusted_proxies):
            chain.append(self._middleware(kind, index, middleware))
        if rule.login:
            chain.append(shared.login_name(self.rules.product))
        if self.rules.maintenance:
            chain.append(shared.maintenance_name(self.rules.product))
        ending = [self._middleware("compress", index, middlewares.compression())] if rule.compress else []
        chain.extend(self._again())
        base = {
            "entryPoints": ["websecure" if rule.host else f"http-{rule.listen}"],
            "service": self._public_service(index, rule),
            **({"tls": shared.tls(own_certificate=rule.own_certificate)} if rule.host else {}),
        }
        self.document["routers"][name] = {
            "rule": shared.matching(rule.host, rule.path),
            "priority": shared.priority(rule.path),
            **base,
            "middlewares": [*chain, *ending],
        }
        if rule.body_limit:
            self._limit_bodies(name, index, rule, {**base, "middlewares": chain})

    def _limit_bodies(self, name: str, index: int, rule: PublicRule, base: Mapping[str, Any]) -> None:
        """Refuse a body that says it is too long; count one that does not say.

        Traefik's buffer alone would do, but it holds every answer back until it is complete, events too.
        """
        limit, priority = rule.body_limit or 0, shared.priority(rule.path, further=True)
        matching, chain = shared.matching(rule.host, rule.path), base["middlewares"]
        self.document["routers"][f"{name}-too-long"] = {
            **base,
            "priority": priority,
            "rule": f"{matching} && HeaderRegexp(`Content-Length`, `{middlewares.longer_than(limit)}`)",
            "middlewares": [*chain, "edge-status-413"],
            "service": middlewares.NOTHING,
        }
        methods = " || ".join(f"Method(`{method}`)" for method in _WITH_BODY)
        buffer = self._middleware("buffer", index, middlewares.buffer(limit))
        self.document["routers"][f"{name}-of-unknown-length"] = {
            **base,
            "priority": priority,
            "rule": f"{matching} && ({methods}) && !HeaderRegexp(`Content-Length`, `.`)",
            "middlewares": [*chain, buffer],
        }

    def _again(self) -> list[str]:
        """Return what asks another container where one does not take the connection, if there are several."""
        if len(self.containers) == 1:
            return []
        name = f"{self.rules.name}-again"
        self.document["middlewares"][name] = {"retry": {"attempts": len(self.containers)}}
        return [name]

    def _middleware(self, kind: str, index: int, middleware: Any) -> str:
        name = f"{self.rules.name}-{kind}-{index}"
        self.document["middlewares"][name] = middleware
        return name

    def _service(self, port: int) -> str:
        name = f"{self.rules.name}-{port}"
        grpc = any(rule.grpc for rule in self.rules.public if rule.port == port)
        self._balance(name, {"servers": self._servers(port, grpc=grpc)})
        return name

    def _public_service(self, index: int, rule: PublicRule) -> str:
        """Return the service of a public rule, which has a time limit of its own."""
        name = f"{self.rules.name}-public-{index}"
        transports = self.document.setdefault("serversTransports", {})
        timeouts = {"responseHeaderTimeout": f"{rule.timeout}s", **_TIMEOUTS}
        transports[name] = {"forwardingTimeouts": timeouts, "maxIdleConnsPerHost": _IDLE_CONNECTIONS}
        self._balance(name, {"servers": self._servers(rule.port, grpc=rule.grpc), "serversTransport": name})
        return name

    def _balance(self, name: str, balancer: Mapping[str, Any]) -> None:
        self.document.setdefault("services", {})[name] = {"loadBalancer": balancer}

    def _servers(self, port: int, *, grpc: bool) -> list[dict[str, str]]:
        scheme = "h2c" if grpc else "http"
        return [{"url": f"{scheme}://{container}:{port}"} for container in self.containers]

    @property
    def _marker(self) -> str:
        return f"{self.rules.name}-release"


def _answering(headers: Mapping[str, str]) -> dict[str, Any]:
    return {"headers": {"customResponseHeaders": dict(headers)}}


def _streams(rules: RouteRules, containers: Sequence[str]) -> dict[str, Any]:
    """Return what passes bytes and datagrams on as they are."""
    found: dict[str, Any] = {}
    for stream in rules.streams:
        name = f"{rules.name}-{stream.protocol}-{stream.listen}"
        part = found.setdefault(stream.protocol, {"routers": {}, "services": {}})
        router: dict[str, Any] = {"entryPoints": [f"{stream.protocol}-{stream.listen}"], "service": name}
        if stream.protocol == "tcp":
            router["rule"] = "HostSNI(`*`)"
            if stream.allow:
                allow = f"{name}-allow"
                part.setdefault("middlewares", {})[allow] = {"ipAllowList": {"sourceRange": list(stream.allow)}}
                router["middlewares"] = [allow]
        part["routers"][name] = router
        servers = [{"address": f"{container}:{stream.port}"} for container in containers]
        part["services"][name] = {"loadBalancer": {"servers": servers}}
    return found


def gateway(subnet: str) -> str:
    """Return the address Docker gives the server on a network: the first of its subnet."""
    return str(next(ipaddress.ip_network(subnet).hosts()))


def address_range(subnet: str) -> docker.NetworkIpamConfigArgs:
    """Return the addresses of a network.

    The gateway is written out: Docker adds it after its first restart, and the network would be replaced.
    """
    return docker.NetworkIpamConfigArgs(subnet=subnet, gateway=gateway(subnet))
