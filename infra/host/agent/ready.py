"""A gate: it opens when a container is ready."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from infra.host.agent import container_log, docker, product_lock, serving
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.request import current

_POLL_SECONDS = 0.2
_CONDITIONS = ("healthy", "running", "completed")
_RESTARTING = "restarting"
_STEADY_SECONDS = 2
"""How long a container has to run to count as running: one that crashes at its start runs for a moment, too."""
_CHECK_CHARACTERS = 300
"""How much of a healthcheck's output is shown."""


@dataclass(frozen=True, kw_only=True)
class Ready(Kind):
    """Holds back what depends on it until a container is ready.

    Conditions: `healthy` by its healthcheck, `running` without ending, or `completed` with exit code 0. `container_id`
    only makes the gate wait again for a container that is replaced under its name; `product` is whose lock is held.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("container",)

    container: str
    container_id: str = ""
    condition: str = "healthy"
    timeout: float = 60
    product: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return nothing but whether there is such a container."""
        return None if docker.container(self.container) is None else {}

    def apply(self) -> None:
        """Wait until the container is ready.

        A new container that ends, or whose healthcheck gives up, fails at once. One that ran before gets the whole
        time: its healthcheck may have given up for a cause that has passed.
        """
        container = self._look()
        if self.product:
            product_lock.hold(self.product)
        patient = _seconds_since(container["Created"]) > self.timeout or _health(container) == "unhealthy"
        deadline = time.monotonic() + self.timeout
        current().status(f"waiting until {self.container} is {self.condition}")
        while not self._is_met(container):
            hopeless = self._is_over(container) or (not patient and self._has_failed(container))
            if hopeless or time.monotonic() > deadline:
                raise AgentError(self._verdict(container))
            current().pause(_POLL_SECONDS)
            container = self._look()

    def remove(self) -> None:
        """Leave nothing, and refuse while the container serves: what was to succeed it has not been released.

        The engine deletes a gate before the container it depends on, and spares the container when that fails.
        """
        if service := serving.served_by(self.container):
            message = (
                f"{self.container} is kept: it still serves {service}, its successor was not released; "
                "before the service itself is removed, release it once more"
            )
            raise AgentError(message)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield an unknown condition and a window without length."""
        if self.condition not in _CONDITIONS:
            yield "condition", f"must be one of {', '.join(_CONDITIONS)}"
        if self.timeout <= 0:
            yield "timeout", "must be longer than 0 seconds"

    def _look(self) -> Any:
        container = docker.container(self.container)
        if container is None:
            message = f"{self.container} cannot get {self.condition}: there is no such container on {current().host}"
            raise AgentError(message)
        return container

    def _is_met(self, container: Any) -> bool:
        state = container["State"]
        match self.condition:
            case "healthy":
                return bool(state["Running"]) and _health(container) == "healthy"
            case "running":
                return bool(state["Status"] == "running" and _seconds_since(state["StartedAt"]) > _STEADY_SECONDS)
            case _:
                return bool(state["Status"] == "exited" and state["ExitCode"] == 0)

    def _is_over(self, container: Any) -> bool:
        """Tell whether no amount of waiting helps."""
        without_check = self.condition == "healthy" and container["State"]["Running"] and not _health(container)
        return container["State"]["Status"] in {"exited", "dead", "removing"} or without_check

    def _has_failed(self, container: Any) -> bool:
        return container["State"]["Status"] == _RESTARTING or _health(container) == "unhealthy"

    def _verdict(self, container: Any) -> str:
        """Return what was expected, what is, and the container's last words."""
        labels = docker.labels(container)
        names = [labels.get("slipway.product"), labels.get("slipway.service")]
        service = "/".join(name for name in names if name)
        subject = f"service {service} (container {self.container})" if service else f"container {self.container}"
        wanted = f"expected {self.condition} within {self.timeout:g} s"
        log = container_log.last_lines(container)
        said = f"Its last log lines:\n{log}" if log else "It logged nothing."
        return f"{subject} is not ready: {wanted}, {_actual(container)}. {said}"


def _actual(container: Any) -> str:
    state, health = container["State"], _health(container)
    if state["Status"] in {"exited", "dead", _RESTARTING}:
        killed = ", killed for want of memory" if state.get("OOMKilled") else ""
        return f"it is {state['Status']} with exit code {state['ExitCode']}{killed}"
    if not health:
        return f"it is {state['Status']} and has no healthcheck"
    checks = state["Health"].get("Log") or []
    said = container_log.redact(checks[-1]["Output"].strip()[-_CHECK_CHARACTERS:], container) if checks else ""
    return f"it is {health}" + (f" (its healthcheck says: {said})" if said else "")


def _health(container: Any) -> str:
    """Return starting, healthy or unhealthy, or nothing when the container has no healthcheck."""
    status = (container["State"].get("Health") or {}).get("Status", "")
    return "" if status == "none" else status


def _seconds_since(moment: str) -> float:
    # Docker writes nanoseconds, which Python does not read.
    return (datetime.now(UTC) - datetime.fromisoformat(moment[:19]).replace(tzinfo=UTC)).total_seconds()
