"""Containers of this server, as the Docker Engine describes them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.monitoring.observer import engine

_NANO_DIGITS = 26
_RUNNING = frozenset({"running", "paused"})


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container; nothing in it is secret."""

    id: str
    name: str
    stack: str
    """Empty where Slipway has not made it; so are product, service and release."""
    product: str
    service: str
    release: str
    image: str
    status: str
    """`running`, `exited`, `restarting` and the like."""
    health: str
    """`starting`, `healthy` or `unhealthy`; empty without a check."""
    restarts: int
    """By Docker itself, since it was started by somebody."""
    oom_killed: bool
    exit_code: int
    created: str
    """In the order of time."""
    started: float
    """Seconds since 1970; 0 when it never was."""
    memory_limit: int
    """Bytes; 0 for none."""
    pid: int
    """Its first process; 0 when there is none."""
    addresses: tuple[str, ...]
    """On its networks."""
    has_terminal: bool
    """Whether it writes to one: then its log has no frames."""

    @property
    def is_running(self) -> bool:
        """Whether it was running when Docker was asked."""
        return self.status in _RUNNING

    @property
    def is_unhealthy(self) -> bool:
        """Whether its check fails; one that was started a moment ago is given its time by Docker."""
        return self.health == "unhealthy"

    @property
    def is_pinned(self) -> bool:
        """Whether its image is named by digest."""
        return "@sha256:" in self.image or self.image.startswith("sha256:")

    @property
    def task(self) -> str:
        """What it does beside serving: `migrate` or `job-<name>`; empty for one that serves."""
        begin = re.escape(f"{self.stack}-{self.product}-{self.service}")
        found = re.fullmatch(rf"{begin}-(migrate|job-.+)-{re.escape(self.release)}", self.name)
        return found[1] if found and self.release else ""


def every(*labels: str) -> Iterator[str]:
    """Yield the ids of all containers.

    Args:
        labels: each `name=value`, all of which a container has to have.

    Raises:
        AwayError: Docker does not answer.
    """
    filters = {"filters": json.dumps({"label": list(labels)})} if labels else {}
    for each in engine.find("/containers/json", {"all": "1", **filters}) or ():
        yield str(each["Id"])


def described(container: str) -> Container | None:
    """Return a container by its id or name, or nothing when it is gone.

    Raises:
        AwayError: Docker does not answer.
    """
    found = engine.find(f"/containers/{container}/json")
    return parse(found) if found else None


def parse(data: dict[str, Any]) -> Container:
    """Return the container that the engine describes."""
    state, config = data["State"], data["Config"]
    labels = config.get("Labels") or {}
    networks = (data.get("NetworkSettings") or {}).get("Networks") or {}
    health = (state.get("Health") or {}).get("Status", "")
    return Container(
        id=data["Id"],
        name=data["Name"].removeprefix("/"),
        stack=labels.get("slipway.stack", ""),
        product=labels.get("slipway.product", ""),
        service=labels.get("slipway.service", ""),
        release=labels.get("slipway.release", ""),
        image=config.get("Image", ""),
        status=state["Status"],
        health="" if health == "none" else health,
        restarts=int(data.get("RestartCount") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        exit_code=int(state.get("ExitCode") or 0),
        created=str(data.get("Created", "")),
        started=moment(state.get("StartedAt", "")),
        memory_limit=int((data.get("HostConfig") or {}).get("Memory") or 0),
        pid=int(state.get("Pid") or 0),
        addresses=tuple(each["IPAddress"] for each in networks.values() if each.get("IPAddress")),
        has_terminal=bool(config.get("Tty")),
    )


def moment(text: str) -> float:
    """Return a moment as the engine writes it, with nanoseconds, in seconds since 1970; 0 for none."""
    try:
        read = datetime.fromisoformat(text.removesuffix("Z")[:_NANO_DIGITS]).replace(tzinfo=UTC)
    except ValueError:
        return 0.0
    return max(read.timestamp(), 0.0)
