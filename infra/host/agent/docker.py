"""The Docker Engine of the server, spoken to through its socket."""

import http.client
import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_SECONDS = 60
_OK = range(200, 300)
_NOT_MODIFIED = 304
_NOT_FOUND = 404


class Answer(NamedTuple):
    """What the engine answered."""

    status: int
    """HTTP status."""
    body: bytes
    """The body as it came."""

    @property
    def is_missing(self) -> bool:
        """Whether the thing asked for does not exist."""
        return self.status == _NOT_FOUND

    def reason(self) -> str:
        """Return what the engine says is wrong."""
        try:
            return str(json.loads(self.body)["message"])
        except (ValueError, KeyError, TypeError):
            return f"status {self.status}"


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        """Connect to the engine's socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(places.DOCKER_SOCKET))


class End(NamedTuple):
    """How a container ended."""

    code: int
    """Exit code of its first process."""
    for_want_of_memory: bool


def ask(
    method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None, seconds: float = _SECONDS
) -> Answer:
    """Send one request.

    Raises:
        AgentError: when the engine does not run, or answers with an error other than `not found`.
    """
    connection = _Connection("docker", timeout=seconds)
    headers = {"Content-Type": "application/json"}
    target = f"{quote(path, safe='/@:')}?{urlencode(query or {})}"
    try:
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.read())
    except (OSError, http.client.HTTPException) as error:
        message = f"the Docker Engine of {current().host} does not answer ({type(error).__name__})"
        raise AgentError(message) from None
    finally:
        connection.close()
    if answer.status not in _OK and answer.status not in {_NOT_MODIFIED, _NOT_FOUND}:
        message = f"Docker on {current().host} refused: {answer.reason()}"
        raise AgentError(message)
    return answer


def find(path: str, query: Mapping[str, str] | None = None) -> Any:
    """Return what the engine knows about something, or nothing when it does not exist."""
    answer = ask("GET", path, query=query)
    return None if answer.is_missing else json.loads(answer.body)


def container(name: str) -> Any:
    """Return what the engine knows about a container, or nothing."""
    return find(f"/containers/{name}/json")


def folder(place: str) -> Path | None:
    """Return where the data of a volume are, by its name, or of a folder, by its absolute path; nothing without it."""
    if place.startswith("/"):
        return Path(place) if Path(place).is_dir() else None
    volume = find(f"/volumes/{place}")
    return None if volume is None else Path(volume["Mountpoint"])


def last_end(container: str, since: float) -> End | None:
    """Return how a container ended the last time, which it says no more of itself once it was started again.

    Args:
        container: its name.
        since: seconds since 1970.

    Returns:
        None when it has not ended since, or the engine, which remembers some hundred events, has forgotten.
    """
    wanted = {"container": [container], "event": ["die", "oom"]}
    span = {"since": f"{since:.3f}", "until": f"{time.time():.3f}"}
    answer = ask("GET", "/events", query={**span, "filters": json.dumps(wanted)})
    events = [] if answer.is_missing else [json.loads(line) for line in answer.body.splitlines() if line]
    codes = [each["Actor"]["Attributes"]["exitCode"] for each in events if each["Action"] == "die"]
    return End(int(codes[-1]), any(each["Action"] == "oom" for each in events)) if codes else None


def labels(described: Any) -> dict[str, str]:
    """Return the labels of a container or network."""
    return (described.get("Config") or described).get("Labels") or {}
