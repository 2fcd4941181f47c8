"""Products: compose projects that run on a server, released without a lost request."""

from infra.services.product import Ingress, Login, Product, ProductArgs, PublishedPort
from infra.services.secret import DatabaseAccess, Secret
from infra.services.service import Origin, Service, ServiceArgs

__all__ = [
    "DatabaseAccess",
    "Ingress",
    "Login",
    "Origin",
    "Product",
    "ProductArgs",
    "PublishedPort",
    "Secret",
    "Service",
    "ServiceArgs",
]
