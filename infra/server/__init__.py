"""A Debian server that runs containers."""

from infra.server.guest import GuestServer, GuestServerArgs
from infra.server.registries import Registry
from infra.server.server import Server, ServerArgs

__all__ = ["GuestServer", "GuestServerArgs", "Registry", "Server", "ServerArgs"]
