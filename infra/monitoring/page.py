"""The `MonitoringPage` component: the ways from the edge to what watches a server, and for people a login."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.edge import Edge, GuestEdge, shared
from infra.edge import render as edge_render
from infra.edge.container import USER as EDGE_USER
from infra.edge.document import to_template
from infra.host import resources as host
from infra.host.agent import places
from infra.ingress.rules import PublicRule, RateLimit
from infra.monitoring.containers import ALERTMANAGER_PATH, GRAFANA_PATH

_LIMIT = RateLimit(average=20, burst=100)
"""A page of Prometheus asks for some twenty files at once."""
_WAYS = {"prometheus": (9090, "/"), "alertmanager": (9093, ALERTMANAGER_PATH), "grafana": (3000, GRAFANA_PATH)}


@dataclass(frozen=True, kw_only=True, slots=True)
class PageArgs:
    """What a `MonitoringPage` needs."""

    prefix: str
    """`<stack>-monitoring`."""
    subnet: str
    """Network of what watches: the edge tells its metrics there only."""
    edge: Edge | GuestEdge
    provider: host.Provider
    host: str | None
    """Domain; nothing is shown where there is none."""
    grafana: bool
    """Whether it is one of what is shown."""
    own_certificate: bool
    user: str
    password_hash: pulumi.Input[str]
    """By bcrypt."""
    after: Sequence[pulumi.Resource]


class MonitoringPage(pulumi.ComponentResource):
    """What the edge knows of what watches a server.

    Creates:
        host.File: the edge's metrics for Prometheus; the login, and routes to Prometheus, Alertmanager and Grafana.
    """

    TYPE = "slipway:monitoring:Page"

    def __init__(self, name: str, args: PageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {"host": args.host}, opts)
        self._name = name
        self._args = args
        self._file("metrics", metrics(args.prefix, args.subnet))
        if args.host:
            login = pulumi.Output.secret(args.password_hash).apply(
                lambda known: shared.login(args.prefix, user=args.user, password_hash=known)
            )
            self._file("login", login)
            for service in _WAYS if args.grafana else (name for name in _WAYS if name != "grafana"):
                self._file(service, route(args, service))
        self.register_outputs({})

    def _file(self, name: str, content: pulumi.Input[str]) -> None:
        args = self._args
        host.File(
            f"{self._name}-edge-{name}",
            # No service has a dot in its name, so no route of a product is this file.
            path=str(places.ROUTES / f"{args.prefix}.{name}.yaml"),
            content=content,
            mode="0400",
            owner=str(EDGE_USER),
            group=str(EDGE_USER),
            opts=pulumi.ResourceOptions(
                parent=self, provider=args.provider, depends_on=[*args.after, args.edge.container_resource]
            ),
        )


def metrics(prefix: str, subnet: str) -> str:
    """Return the dynamic configuration by which the edge tells its metrics on the network of what watches."""
    router = {
        "rule": f"Host(`{places.EDGE_METRICS_HOST}`) && ClientIP(`{subnet}`)",
        "entryPoints": ["confirm"],
        "service": "prometheus@internal",
    }
    return to_template({"http": {"routers": {f"{prefix}-metrics": router}}})


def route(args: PageArgs, service: str) -> str:
    """Return the dynamic configuration by which people who have signed in reach a container."""
    port, path = _WAYS[service]
    rule = PublicRule(
        host=args.host,
        path=path,
        port=port,
        login=True,
        rate_limit=_LIMIT,
        own_certificate=args.own_certificate,
    )
    rules = edge_render.RouteRules(
        name=f"{args.prefix}-{service}",
        product=args.prefix,
        aliases=(),
        ports=(port,),
        subnet=args.subnet,
        gateway=args.edge.gateway,
        public=(rule,),
        trusted_proxies=args.edge.trusted_proxies,
    )
    return edge_render.route(rules, containers=[rules.name], release=service)
