"""The whole stack file: its sections in the order people write them."""

from pydantic import Field

from infra.config.backups import Backups
from infra.config.edge import Edge
from infra.config.github import GitHub
from infra.config.monitoring import Monitoring
from infra.config.products import Product
from infra.config.registries import Registry
from infra.config.repositories import Repository
from infra.config.section import Name, RegistryHost, Section
from infra.config.servers import Guest, Server

NAMESPACE = "slipway"
ENGINE_NAMESPACE = "pulumi"
SECRET_PREFIX = f"{NAMESPACE}:secret-"


class StackFile(Section):
    """The keys of `config:` that are Slipway's, each as `slipway:<key>`."""

    servers: dict[Name, Server | Guest] = Field(min_length=1)
    """Servers, by name: of this stack, or of another one that it is a guest of."""
    edge: Edge | None = None
    """Certificates and the way in; needed as soon as a product has an `ingress`."""
    registries: dict[RegistryHost, Registry] = Field(default_factory=dict)
    """Registries that want a login, by host."""
    products: dict[Name, Product] = Field(default_factory=dict)
    """Products, by name."""
    github: GitHub = GitHub()
    """How GitHub is signed in to."""
    repositories: dict[Name, Repository] = Field(default_factory=dict)
    """Repositories on GitHub, by name."""
    backups: Backups | None = None
    """Backups of what the products keep."""
    monitoring: Monitoring | None = None
    """What watches servers and products, and whom it tells."""
