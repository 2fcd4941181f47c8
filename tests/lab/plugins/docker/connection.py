"""Connections to a Docker daemon, over a local socket or through `ssh … docker system dial-stdio`."""

import http.client
import select
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import IO
from urllib.parse import SplitResult, urlsplit

from infra.host.plugin.errors import ProviderError

_AT_ONCE = 8
"""Below sshd's default of 10 sessions on one shared connection."""
_EXIT_SECONDS = 5


class UnreachableError(ProviderError):
    """The daemon cannot be reached, or the connection broke."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a daemon listens.

    Args:
        url: `unix:///path` or `ssh://user@host:port`.
        ssh_options: further arguments for ssh.
    """

    url: str
    ssh_options: tuple[str, ...] = ()

    @property
    def is_supported(self) -> bool:
        """Whether the address can be dialled at all."""
        parts = self._parts
        return bool(parts.hostname if parts.scheme == "ssh" else parts.scheme == "unix" and parts.path)

    @property
    def socket_path(self) -> str | None:
        """The local socket, or nothing when the daemon is reached by ssh."""
        return self._parts.path if self._parts.scheme == "unix" else None

    def command(self) -> list[str]:
        """Return the command whose standard streams are a connection, as docker's own client runs it."""
        parts = self._parts
        user = ["-l", parts.username] if parts.username else []
        port = ["-p", str(parts.port)] if parts.port else []
        remote = ["--host", f"unix://{parts.path}"] if parts.path.strip("/") else []
        return [
            *("ssh", *self.ssh_options, "-o", "ConnectTimeout=30", "-T", *user, *port),
            *("--", parts.hostname or "", "docker", *remote, "system", "dial-stdio"),
        ]

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)


class Channel(http.client.HTTPConnection):
    """One connection; carries one request at a time."""

    def __init__(self, address: Address) -> None:
        super().__init__("docker")
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._resources = ExitStack()
        self._farewell = ""

    def connect(self) -> None:
        """Open the connection; called by the first request."""
        if self._address.socket_path is not None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.connect(self._address.socket_path)
            return
        ours, theirs = socket.socketpair()
        with ExitStack() as resources:
            # A file, not a pipe: the shared connection ssh leaves behind keeps standard error open.
            self._errors = resources.enter_context(tempfile.TemporaryFile())
            self._resources = resources.pop_all()
        with theirs:
            stream = theirs.fileno()
            self._process = subprocess.Popen(self._address.command(), stdin=stream, stdout=stream, stderr=self._errors)
        self.sock = ours

    def close(self) -> None:
        """End the connection and whatever carries it; http.client calls this too, as soon as a connection breaks."""
        super().close()
        if self._process is None or self._errors is None:
            return
        status = _exit_status(self._process)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        self._farewell = f"ssh ended with status {status}: {lines[-1].strip() if lines else 'it said nothing'}"
        self._process = None
        self._resources.close()

    @property
    def is_usable(self) -> bool:
        """Whether an idle connection can carry another request; one that has something to read has ended."""
        if self.sock is None or (self._process is not None and self._process.poll() is not None):
            return False
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return not poller.poll(0)

    def failure(self, error: Exception) -> str:
        """Close the connection and return in one sentence why it broke."""
        self.close()
        return f"cannot reach Docker at {self._address.url}: {self._farewell or type(error).__name__}"


def _exit_status(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class Pool:
    """Connections to one daemon, kept open between requests."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._idle: list[Channel] = []
        self._lock = Lock()
        self._free = BoundedSemaphore(_AT_ONCE)

    @contextmanager
    def channel(self) -> Iterator[Channel]:
        """Lend a connection; it is kept when the block ends well, and closed when it raises.

        Raises:
            UnreachableError: when the connection cannot be opened or breaks inside the block.
        """
        with self._free:
            channel = self._take()
            try:
                yield channel
            except (OSError, http.client.HTTPException) as error:
                raise UnreachableError(channel.failure(error)) from error
            except BaseException:
                channel.close()
                raise
            with self._lock:
                self._idle.append(channel)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> Channel:
        with self._lock:
            while self._idle:
                channel = self._idle.pop()
                if channel.is_usable:
                    return channel
                channel.close()
        return Channel(self._address)
