"""A Debian server that runs containers."""

from infra.server.registries import Registry
from infra.server.server import Server, ServerArgs

__all__ = ["Registry", "Server", "ServerArgs"]
