"""The way into every server, tried before anything is declared."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pulumi

from infra.config.settings import ServerSettings, Settings
from infra.host import program_first
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.server import Server
from infra.host.ssh import Connection
from infra.server import shared_connection
from stacks.firewall import cut


def connection(server: ServerSettings) -> Connection:
    """Return how a server is signed in to."""
    return server.connection


def require_access(settings: Settings) -> None:
    """Sign in to every server as the stack file says, unless this is a preview, which may be offline.

    An update that has nothing to do would else take a wrong key or address into the state without ever using it, and
    the next run would read the servers by it. A firewall that would cut this connection is refused here, because what
    else depends on it would else be changed before the firewall itself refuses.

    Raises:
        pulumi.RunError: naming every server that lets nobody in, or would not any more.
    """
    if pulumi.runtime.is_dry_run() or not settings.servers:
        return
    with ThreadPoolExecutor(len(settings.servers)) as pool:
        failures = [failure for failure in pool.map(_failure, settings.servers.values()) if failure]
    if failures:
        message = "\n".join(failures)
        raise pulumi.RunError(message)


def _failure(server: ServerSettings) -> str | None:
    if program_first.is_asked_for():
        # What this run puts right of the user's groups would else not be what the docker provider signed in with.
        shared_connection.leave(connection(server))
    with closing(Server(connection(server), lambda *_: None)) as way_in:
        try:
            way_in.sign_in()
            return cut(server, way_in)
        except ProviderError as error:
            return f"servers.{server.name}: {error}"
