"""Products: compose projects that run on a server, released without a lost request."""

from infra.services.product import Ingress, Login, Product, ProductArgs, PublishedPort
from infra.services.service import Origin, Secret, Service, ServiceArgs

__all__ = ["Ingress", "Login", "Origin", "Product", "ProductArgs", "PublishedPort", "Secret", "Service", "ServiceArgs"]
