"""Traefik's static configuration: what a change of restarts the edge."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.edge.document import to_yaml
from infra.edge.plugin import MODULE
from infra.edge.shared import PLUGIN, RESOLVER
from infra.host.agent import places
from infra.ingress.rules import Listener

HTTP_PORT = 80
PING_PORT = 8098
"""Entry point of Traefik's own health check, on loopback inside the container."""
_FIRST_INSIDE = 30_000
_SILENT = {"accessLogs": False, "metrics": False, "tracing": False}
"""The agent's own calls are nobody's."""
_UNLOGGED = {**_SILENT, "metrics": True}
"""Calls between services are not the world's: they would fill the log."""
_LOGGED = (
    *("StartUTC", "Duration", "OriginDuration", "ClientHost", "ClientUsername", "RequestMethod", "RequestHost"),
    *("RequestPath", "RequestProtocol", "DownstreamStatus", "DownstreamContentSize", "OriginStatus", "RetryAttempts"),
    *("entryPointName", "RouterName", "ServiceName", "ServiceAddr", "TLSVersion", "TraceId"),
)
"""Half of what Traefik would write: the rest says the same in other words, and costs every request its time."""
_LOGGED_HEADERS = ("Content-Type", "User-Agent")
_WAITING_LINES = 100
"""Lines of the access log that wait to be written, so that no visitor does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticArgs:
    """What Traefik has to know at its start."""

    email: str
    """Contact the certificate authority writes to."""
    directory: str
    """URL of the ACME directory."""
    challenge: str
    """`tls-alpn-01` or `http-01`."""
    own_authority: bool
    """Whether the directory is behind a private CA, mounted at `/etc/traefik/acme-ca.crt`."""
    internal_ports: Sequence[int]
    """Ports of routed services, on which the edge takes calls between services of a product."""
    listeners: Sequence[Listener] = ()
    """Ports of the server that the edge publishes beside its own."""
    http3: bool = True
    trusted_proxies: Sequence[str] = ()
    """Networks that may say who the client is."""


def static(args: StaticArgs) -> str:
    """Return `traefik.yml`."""
    return to_yaml(
        {
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "log": {"level": "INFO", "noColor": True},
            "accessLog": {"format": "json", "bufferingSize": _WAITING_LINES, "fields": _logged()},
            # Nothing is collected: tracing gives every request the id that the service and the access log get.
            "tracing": {"sampleRate": 0, "otlp": {"http": {"endpoint": "http://127.0.0.1:9/v1/traces"}}},
            "ping": {"entryPoint": "ping"},
            # By a router of our own: Traefik's would tell every container on a network with the edge.
            "metrics": {"prometheus": {"manualRouting": True, "addEntryPointsLabels": False}},
            "entryPoints": _entry_points(args),
            # A switch is seen at once: the default throttle of 2 s only delays it.
            "providers": {"file": {"directory": "/dynamic", "watch": True}, "providersThrottleDuration": "100ms"},
            "certificatesResolvers": {RESOLVER: {"acme": _acme(args)}},
            "experimental": {"localPlugins": {PLUGIN: {"moduleName": MODULE}}},
        }
    )


def internal_entry_point(port: int) -> str:
    """Return the name of the entry point that takes calls between services on a port."""
    return "web" if port == HTTP_PORT else f"internal-{port}"


def entry_points(listeners: Iterable[Listener], internal_ports: Iterable[int]) -> list[str]:
    """Return the names of the entry points that products ask for."""
    asked = (f"{listener.speaks}-{listener.port}" for listener in listeners)
    return sorted({*asked, *map(internal_entry_point, internal_ports)})


def inside(listeners: Sequence[Listener], internal_ports: Sequence[int]) -> dict[Listener, int]:
    """Return the port inside the container of each listener: on its own number services may call each other."""
    free = (port for port in itertools.count(_FIRST_INSIDE) if port not in set(internal_ports))
    return dict(zip(sorted(set(listeners)), free, strict=False))


def _acme(args: StaticArgs) -> dict[str, Any]:
    challenge: dict[str, Any] = (
        {"tlsChallenge": {}} if args.challenge == "tls-alpn-01" else {"httpChallenge": {"entryPoint": "web"}}
    )
    return {
        "email": args.email,
        "storage": "/acme/acme.json",
        "caServer": args.directory,
        "keyType": "EC256",
        **challenge,
        **({"caCertificates": ["/etc/traefik/acme-ca.crt"]} if args.own_authority else {}),
    }


def _entry_points(args: StaticArgs) -> dict[str, Any]:
    # The redirect has the lowest priority, so that a service listening on 80 can be called by its neighbours.
    redirect = {"entryPoint": {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}}
    forwarded = {"forwardedHeaders": {"trustedIPs": list(args.trusted_proxies)}} if args.trusted_proxies else {}
    http3 = {"http3": {"advertisedPort": places.EDGE_HTTPS_PORT}} if args.http3 else {}
    silent = {"observability": _SILENT}
    return {
        "web": _entry_point(":80", {"redirections": redirect}),
        "websecure": {**_entry_point(":443"), **http3, **forwarded},
        "confirm": {**_entry_point(f":{places.EDGE_CONFIRM_PORT}"), **silent},
        "ping": {**_entry_point(f"127.0.0.1:{PING_PORT}"), **silent},
        **{
            internal_entry_point(port): {**_entry_point(f":{port}"), "observability": _UNLOGGED}
            for port in args.internal_ports
            if port != HTTP_PORT
        },
        **{
            f"{listener.speaks}-{listener.port}": {**_listening(listener, port), **forwarded}
            if listener.speaks == "http"
            else _listening(listener, port)
            for listener, port in inside(args.listeners, args.internal_ports).items()
        },
    }


def _listening(listener: Listener, port: int) -> dict[str, Any]:
    if listener.speaks == "http":
        return _entry_point(f":{port}")
    return {"address": f":{port}/{listener.protocol}"}


def _entry_point(address: str, http: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an entry point that passes no header on that a backend could take for one of Traefik's own."""
    return {"address": address, "http": {"aliasHeadersStrategy": "delete", **(http or {})}}


def _logged() -> dict[str, Any]:
    """Return what the access log keeps of a request: no query, cookie or password, which may be secrets."""
    return {
        **_only(_LOGGED),
        "headers": _only(_LOGGED_HEADERS),
        "queryParameters": {"defaultMode": "drop"},
    }


def _only(names: Sequence[str]) -> dict[str, Any]:
    return {"defaultMode": "drop", "names": dict.fromkeys(names, "keep")}
