"""A gate: it opens when a container is ready."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from infra.host.agent import container_log, docker, downtime, history, impact, product_lock, serving
from infra.host.agent.container_state import ENDED, RESTARTING, actual, health, moment, subject
from infra.host.agent.kind import AgentError, Kind
from infra.host.agent.released import Released
from infra.host.agent.request import current

_POLL_SECONDS = 0.2
_CONDITIONS = ("healthy", "running", "completed", "prepared")
_STEADY_SECONDS = 2
"""How long a container has to run to count as running: one that crashes at its start runs for a moment, too."""
_CHECK_CHARACTERS = 300
"""How much of a healthcheck's output is shown."""


@dataclass(frozen=True, kw_only=True)
class Ready(Released, Kind):
    """Holds back what depends on it until a container is ready.

    Conditions: `healthy` by its healthcheck, `running` without ending, `completed` with exit code 0, or `prepared`: it
    is there, for whatever starts it. `container_id` only makes the gate wait again for a container that is replaced
    under its name; `product` is whose lock is held. With `decides` the release is good once the container is ready;
    else a route has the last word. `longest_gap` is how many seconds a stop-first service may be down, `data` names the
    volumes that it writes to.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("container",)
    COMPUTED: ClassVar[tuple[str, ...]] = ("impact", "down")
    SETTLED: ClassVar[Mapping[str, Any]] = MappingProxyType({"impact": impact.NO_CHANGE})

    container: str
    container_id: str = ""
    condition: str = "healthy"
    timeout: float = 60
    product: str = ""
    release: str = ""
    decides: bool = False
    longest_gap: float = 0
    data: str = ""

    def read(self) -> dict[str, Any] | None:
        """Return whether there is such a container, and how long its last release was down."""
        if docker.container(self.container) is None:
            return None
        known = history.records(self.service) if self.decides and self.service else []
        measured = [record.down for record in known if record.is_good and record.down is not None]
        return {"down": measured[-1]} if measured else {}

    def apply(self) -> None:
        """Wait until the container is ready.

        A new container that ends, or whose healthcheck gives up, fails at once. One that ran before gets the whole
        time: its healthcheck may have given up for a cause that has passed.
        """
        container = self._look()
        if self.product:
            product_lock.hold(self.product)
        stopped = self._former_stopped(container)
        current().status(f"waiting until {self.container} is {self.condition}")
        try:
            with history.phase(self.service, "gate"):
                self._wait(container)
        except AgentError as error:
            self.note_failure(self.release, container, "gate", error.reason)
            raise
        if self.decides:
            down = (datetime.now(UTC) - stopped).total_seconds() if stopped else None
            self.note_success(self.release, container, down=down)

    def compare(self, former: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what the change means for those who use the service."""
        return {"impact": self._impact(former)}

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

    def _impact(self, former: Mapping[str, Any] | None) -> str:
        """Return the impact of a change; the gate of a rolling release is another one each time."""
        if self.strategy != "stop-first":
            return impact.ROLLING if former is None else impact.NO_CHANGE
        if former is None:
            return impact.NEW
        gap = impact.stop_first(former.get("down"), self.longest_gap)
        # What an older version left out of the state says nothing.
        data = former.get("data", self.data)
        if data != self.data:
            return f"{impact.data(data, self.data)}, {gap}"
        if former.get("containerId") != self.container_id:
            return gap
        return impact.NO_CHANGE if former.get("release", self.release) == self.release else impact.IN_PLACE

    def _former_stopped(self, container: Any) -> datetime | None:
        """Return since when nothing has served under the container's name; take down how long stop and start took."""
        run, made, begun = current().run, moment(container["Created"]), moment(container["State"]["StartedAt"])
        if not self.service or made < run.began:
            return None
        progress = history.progress(self.service)
        progress.start = min(progress.start, made)
        progress.took("start", (begun - made).total_seconds())
        stopped = downtime.left(self.container, run.began, made) if self.strategy == "stop-first" else None
        if stopped:
            progress.took("stop", (made - stopped).total_seconds())
        return stopped

    def _wait(self, container: Any) -> None:
        age = (datetime.now(UTC) - moment(container["Created"])).total_seconds()
        patient = age > self.timeout or health(container) == "unhealthy"
        deadline = time.monotonic() + self.timeout
        while not self._is_met(container):
            hopeless = self._is_over(container) or (not patient and self._has_failed(container))
            if hopeless or time.monotonic() > deadline:
                raise AgentError(self._verdict(container), self._reason(container))
            current().pause(_POLL_SECONDS)
            container = self._look()

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
                return bool(state["Running"]) and health(container) == "healthy"
            case "running":
                return bool(state["Status"] == "running" and _is_steady(state["StartedAt"]))
            case "completed":
                return bool(state["Status"] == "exited" and state["ExitCode"] == 0)
            case _:
                return True

    def _is_over(self, container: Any) -> bool:
        """Tell whether no amount of waiting helps."""
        without_check = self.condition == "healthy" and container["State"]["Running"] and not health(container)
        return container["State"]["Status"] in {"exited", "dead", "removing"} or without_check

    def _has_failed(self, container: Any) -> bool:
        return container["State"]["Status"] == RESTARTING or health(container) == "unhealthy"

    def _verdict(self, container: Any) -> str:
        """Return what was expected, what is, and the container's last words."""
        verdict = f"{subject(container, self.container)} is not ready: {self._reason(container)}"
        return f"{verdict}{_last_check(container)}. {container_log.said(container)}"

    def _reason(self, container: Any) -> str:
        """Return what was expected and what is, without a word that the container has said."""
        return f"expected {self.condition} within {self.timeout:g} s, {actual(container)}"


def _last_check(container: Any) -> str:
    """Return what the last healthcheck said, in brackets, while the container runs."""
    state = container["State"]
    if state["Status"] in ENDED or not health(container):
        return ""
    checks = state["Health"].get("Log") or []
    said = container_log.redact(checks[-1]["Output"].strip()[-_CHECK_CHARACTERS:], container) if checks else ""
    return f" (its healthcheck says: {said})" if said else ""


def _is_steady(begun: str) -> bool:
    return (datetime.now(UTC) - moment(begun)).total_seconds() > _STEADY_SECONDS
