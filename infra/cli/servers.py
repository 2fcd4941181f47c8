"""The servers of a stack, asked one after another."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from rich.console import Console

from infra.cli.project import Stack
from infra.cli.refusal import require_known, say
from infra.config.servers import Server
from infra.host.remote import ClosedError, Remote, RemoteError
from infra.host.ssh import Connection

Answer = TypeVar("Answer")


def remotes(stack: Stack, only: str | None = None) -> list[Remote]:
    """Return the servers of a stack, or the one that is named.

    Raises:
        RefusalError: the stack has no server of that name.
    """
    servers = stack.sections.servers
    if only is not None:
        require_known(stack.name, "server", only, servers)
    return [
        Remote(name=name, root=stack.project.root, connection=connection_to(servers[name]))
        for name in sorted(servers)
        if only in (None, name)
    ]


def ask_each(stack: str, servers: Sequence[Remote], question: Callable[[Remote], Answer]) -> dict[str, Answer]:
    """Ask servers of a stack one after another and return their answers; of one that gives none, say why."""
    answers = {}
    is_closed = False
    with Console(stderr=True).status("Asking") as status:
        for server in servers:
            status.update(f"Asking {server.name} ({server.connection.host})")
            try:
                answers[server.name] = question(server)
            except RemoteError as error:
                say(f"slipway: {server.name}: {error}.")
                is_closed |= isinstance(error, ClosedError)
    if is_closed:
        say(f"`slipway doctor {stack}` says what to do.")
    return answers


def connection_to(server: Server) -> Connection:
    """Return how a server is reached, as its section says it: a stack file that has mistakes elsewhere will do."""
    ssh = server.ssh
    return Connection(
        host=server.host,
        port=ssh.port,
        user=ssh.user,
        bootstrap_user=ssh.bootstrap_user,
        identity_file=ssh.identity_file or "",
        host_key=ssh.host_key or "",
        known_hosts=ssh.known_hosts or "",
    )
