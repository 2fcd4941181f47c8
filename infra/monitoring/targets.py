"""What is watched of products, told from the same settings as their containers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from infra.compose import measured
from infra.compose.measured import DatabaseKind
from infra.compose.project import Project, Service
from infra.config.monitoring_images import needed
from infra.ingress.rules import PublicRule
from infra.services.container import network_name


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedProduct:
    """A product, as far as it is watched."""

    name: str
    stack: str
    project: Project
    public: tuple[PublicRule, ...]
    """Ways in over HTTP."""
    maintenance: bool
    """Whether visitors see the maintenance page, so that no answer of the product is awaited."""

    @property
    def prefix(self) -> str:
        """What its names on the server begin with."""
        return f"{self.stack}-{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """A database server of a product, which an exporter of its own asks."""

    kind: DatabaseKind
    product: str
    service: str
    container: str
    """Of the database itself."""
    network: str
    """Network of the product on which it answers by the name of its service."""

    @property
    def exporter(self) -> str:
        """Name of the exporter."""
        return _exporter(self.kind, self.product, self.service)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """An address at which the world reaches a product."""

    product: str
    host: str
    path: str

    @property
    def url(self) -> str:
        """What people type."""
        return f"https://{self.host}{self.path}"


def databases(products: Iterable[WatchedProduct]) -> Iterator[Database]:
    """Yield the database servers of products."""
    for product in products:
        services = product.project.services
        for name, kind in measured.databases(services).items():
            yield Database(
                kind=kind,
                product=product.name,
                service=name,
                container=f"{product.prefix}-{name}",
                network=network_name(product.prefix, services[name].networks[0].name),
            )


def watchers(products: Mapping[str, Mapping[str, Service]], *, grafana: bool) -> list[str]:
    """Return the services that watch a server.

    Args:
        products: what is on it: product → its services.
        grafana: whether dashboards are shown.
    """
    asking = (
        _exporter(kind, product, name)
        for product, services in products.items()
        for name, kind in measured.databases(services).items()
    )
    return sorted({*needed((), grafana=grafana), *asking})


def sites(products: Iterable[WatchedProduct]) -> Iterator[Site]:
    """Yield the addresses whose answers are awaited; what speaks gRPC answers no such question."""
    for product in products:
        for rule in () if product.maintenance else product.public:
            if rule.host and not rule.grpc:
                yield Site(product=product.name, host=rule.host, path=rule.path)


def _exporter(kind: DatabaseKind, product: str, service: str) -> str:
    return f"{kind}-exporter-{product}-{service}"
