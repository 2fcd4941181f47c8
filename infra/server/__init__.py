"""A Debian server that runs containers."""

from infra.server.server import Registry, Server, ServerArgs

__all__ = ["Registry", "Server", "ServerArgs"]
