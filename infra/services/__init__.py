"""Products: compose projects that run on a server, released without a lost request."""

from infra.services.product import Ingress, Product, ProductArgs
from infra.services.service import Secret, Service, ServiceArgs

__all__ = ["Ingress", "Product", "ProductArgs", "Secret", "Service", "ServiceArgs"]
