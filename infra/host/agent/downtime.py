"""Since when a container that was replaced under its name has not served."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from infra.host.agent import docker
from infra.host.agent.kind import AgentError

_NANOSECONDS = 1_000_000_000


def left(name: str, since: datetime, until: datetime) -> datetime | None:
    """Return when a container was told to stop or ended; nothing when the engine remembers neither.

    Docker keeps its last 256 events: where many containers are checked often, they are soon forgotten.

    Args:
        name: the name that it had.
        since: what happened before is not looked at.
        until: when its successor was made.
    """
    query = {
        "since": str(int(since.timestamp())),
        "until": str(int(until.timestamp()) + 1),
        "filters": json.dumps({"type": ["container"], "container": [name], "event": ["kill", "die"]}),
    }
    try:
        answer = docker.ask("GET", "/events", query=query)
    except AgentError:
        return None
    moments = [] if answer.is_missing else [moment for moment in _moments(answer.body) if moment < until]
    return min(moments, default=None)


def _moments(stream: bytes) -> Iterator[datetime]:
    for line in stream.splitlines():
        event: Any = json.loads(line)
        yield datetime.fromtimestamp(event["timeNano"] / _NANOSECONDS, UTC)
