"""The Docker Engine of this server, which is only ever read."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from infra.monitoring.observer import places

_SECONDS = 10
_OK = 200
_NOT_FOUND = 404


class AwayError(Exception):
    """The engine does not answer; the text is one sentence without its full stop."""


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        """Connect to the engine's socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(places.DOCKER_SOCKET))


def find(path: str, query: Mapping[str, str] | None = None) -> Any:
    """Return what the engine knows, or nothing when there is no such thing.

    Raises:
        AwayError: it does not answer.
    """
    with opened(path, query, seconds=_SECONDS) as answer:
        if answer.status == _NOT_FOUND:
            return None
        try:
            return json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise AwayError(_sentence(error)) from None


@contextmanager
def opened(
    path: str, query: Mapping[str, str] | None = None, *, seconds: float | None
) -> Iterator[http.client.HTTPResponse]:
    """Ask for something that may be long, or never end.

    Args:
        path: below the root of the engine's interface.
        query: its parameters.
        seconds: most seconds between two pieces of the answer; None for any number.

    Raises:
        AwayError: the engine does not answer, or refuses.
    """
    connection = _Connection("docker", timeout=_SECONDS)
    try:
        try:
            connection.request("GET", f"{quote(path)}?{urlencode(query or {})}")
            answer = connection.getresponse()
            if connection.sock is not None:
                connection.sock.settimeout(seconds)
        except (OSError, http.client.HTTPException) as error:
            raise AwayError(_sentence(error)) from None
        if answer.status not in {_OK, _NOT_FOUND}:
            text = f"the Docker Engine refuses {path}: status {answer.status}"
            raise AwayError(text)
        yield answer
    finally:
        connection.close()


def _sentence(error: Exception) -> str:
    return f"the Docker Engine does not answer ({type(error).__name__})"
