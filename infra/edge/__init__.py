"""The edge: the one container that faces the world, and the routes it serves."""

from infra.edge.edge import Acme, Certificate, Edge, EdgeArgs
from infra.edge.guest import GuestEdge

__all__ = ["Acme", "Certificate", "Edge", "EdgeArgs", "GuestEdge"]
