"""What `slipway status` shows, gathered from the files of stacks and from their servers, all asked at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from infra.cli.observer_program import here, look
from infra.cli.project import Project, Stack, read_stack
from infra.cli.refusal import RefusalError
from infra.cli.servers import remotes
from infra.config.mistakes import ConfigurationError
from infra.host.remote import Remote, RemoteError
from infra.host.ssh import Connection

_AT_ONCE = 8


@dataclass(kw_only=True, slots=True)
class Seen:
    """A server, and what was found on it."""

    remote: Remote
    stacks: dict[str, Any] = field(default_factory=dict)
    """Stack → what it has there."""
    found: dict[str, Any] | None = None
    """What the server said; nothing when it could not be asked."""
    trouble: str = ""
    """Why not."""

    @property
    def name(self) -> str:
        """What the first of its stacks calls it."""
        return self.remote.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Everything that was found."""

    stacks: Sequence[str]
    servers: Sequence[Seen]
    backed_up: Sequence[str]
    """Stacks whose files declare backups."""
    unread: Sequence[str]
    """Sentences about stacks whose files cannot be read."""


def read(project: Project, names: Sequence[str]) -> Reading:
    """Ask every server of some stacks, each once, whoever of them has something there."""
    servers: dict[Connection, Seen] = {}
    backed_up: list[str] = []
    unread: list[str] = []
    for name in names:
        try:
            stack = read_stack(project, name)
            _place(stack, servers)
            if stack.sections.backups:
                backed_up.append(name)
        except (RefusalError, ConfigurationError) as error:
            unread.append(f"{name}: {error}")
    seen = list(servers.values())
    if seen:
        shown = ", ".join(each.name for each in seen)
        with Console(stderr=True).status(f"Asking {shown}"), ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(_ask, seen))
    return Reading(stacks=list(names), servers=seen, backed_up=backed_up, unread=unread)


def _place(stack: Stack, servers: dict[Connection, Seen]) -> None:
    """Add what a stack has to its servers; a stack with a mistake adds nothing."""
    placed = [(remote, here(stack, remote.name)) for remote in remotes(stack)]
    for remote, declared in placed:
        seen = servers.setdefault(remote.connection, Seen(remote=remote))
        seen.stacks[stack.name] = declared


def _ask(seen: Seen) -> None:
    try:
        seen.found = look(seen.remote, list(seen.stacks.values()))
    except RemoteError as error:
        seen.trouble = str(error)
    except ValueError:
        seen.trouble = f"{seen.remote.connection.host} has not answered in words that are understood"
