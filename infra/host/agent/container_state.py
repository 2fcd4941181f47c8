"""What the engine says of a container, in words."""

from datetime import UTC, datetime
from typing import Any

from infra.host.agent import docker

RESTARTING = "restarting"
ENDED = frozenset({"exited", "dead", RESTARTING})
"""States in which a container does not run."""


def subject(container: Any, name: str) -> str:
    """Return what people call a container: its service, where it has one."""
    labels = docker.labels(container)
    names = [labels.get("slipway.product"), labels.get("slipway.service")]
    service = "/".join(part for part in names if part)
    return f"service {service} (container {name})" if service else f"container {name}"


def actual(container: Any) -> str:
    """Return how a container is."""
    state, checked = container["State"], health(container)
    if state["Status"] in ENDED:
        killed = ", killed for want of memory" if state.get("OOMKilled") else ""
        return f"it is {state['Status']} with exit code {state['ExitCode']}{killed}"
    if not checked:
        return f"it is {state['Status']} and has no healthcheck"
    return f"it is {checked}"


def health(container: Any) -> str:
    """Return starting, healthy or unhealthy, or nothing when the container has no healthcheck."""
    status = (container["State"].get("Health") or {}).get("Status", "")
    return "" if status == "none" else status


def moment(text: str) -> datetime:
    """Return a moment as the engine writes it: with nanoseconds, which Python does not read."""
    return datetime.fromisoformat(text.removesuffix("Z")[:26]).replace(tzinfo=UTC)
