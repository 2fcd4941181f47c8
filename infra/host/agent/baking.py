"""The time after a switch in which a release is watched, and its predecessor can still take over."""

import http.client
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from infra.host.agent import container_log, docker, places
from infra.host.agent.container_state import health
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_POLL_SECONDS = 0.5
_LEAST_FAILURES = 3
"""Fewer may be chance."""
_TOLERANCE = 0.01
"""By how much the share of failed answers may grow."""
_COUNTED = re.compile(
    r'traefik_service_requests_total\{code="(?P<code>\d+)",.*service="(?P<service>[^"]+)@file"\} (?P<number>\S+)'
)


class WorseError(AgentError):
    """A release does worse than the one before."""


class Answers(NamedTuple):
    """How often a service has answered through the edge since the edge started."""

    total: int
    failed: int
    """With a status of 500 or more, be it the edge's because nobody answered."""

    @property
    def share(self) -> float:
        """How many of all have failed, from 0 to 1."""
        return self.failed / self.total if self.total else 0

    def since(self, former: "Answers") -> "Answers":
        """Return what was added; an edge that has started anew has counted from nothing."""
        if self.total < former.total:
            return self
        return Answers(self.total - former.total, self.failed - former.failed)


def answers(edge: str, route: str) -> Answers:
    """Ask the edge what the world and its neighbours got from the service of a route.

    Raises:
        AgentError: the edge does not tell.
    """
    connection = http.client.HTTPConnection(edge, places.EDGE_CONFIRM_PORT, timeout=places.EDGE_ANSWER_SECONDS)
    try:
        connection.request("GET", "/metrics", headers={"Host": places.EDGE_METRICS_HOST})
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        message = f"the edge does not tell how requests end ({type(error).__name__})"
        raise AgentError(message) from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        message = f"the edge does not tell how requests end (status {response.status})"
        raise AgentError(message)
    return count(text, route)


def count(metrics: str, route: str) -> Answers:
    """Return the answers of the services of one route, from metrics as Prometheus reads them."""
    own = re.compile(rf"{re.escape(route)}-(public-)?\d+")
    total = failed = 0
    for found in _COUNTED.finditer(metrics):
        if own.fullmatch(found["service"]):
            number = int(float(found["number"]))
            total += number
            failed += number if int(found["code"]) >= http.client.INTERNAL_SERVER_ERROR else 0
    return Answers(total, failed)


def watch(containers: Sequence[str], seconds: float, ask: Callable[[], Answers], former: Answers) -> None:
    """Watch a release that has just been switched to.

    Args:
        containers: what serves now.
        seconds: how long.
        ask: gives the answers until now.
        former: those before the switch.

    Raises:
        WorseError: the container has ended, was started again or is unhealthy, or more of its answers fail.
    """
    request = current()
    begun, deadline = time.time(), time.monotonic() + seconds
    restarts = {name: _look(name)["RestartCount"] for name in containers}
    while (left := deadline - time.monotonic()) > 0:
        now = ask().since(former)
        failing = _compared(now, former)
        for name in containers:
            described = _look(name)
            if trouble := _trouble(name, described, restarts[name], begun) or failing:
                message = f"{name} does worse than the release before: {trouble}. {container_log.said(described)}"
                raise WorseError(message, trouble)
        request.status(f"watching {containers[0]} for {left:.0f} s: {now.failed} of {now.total} answers failed")
        request.pause(min(_POLL_SECONDS, left))


def _look(container: str) -> Any:
    described = docker.container(container)
    if described is None:
        message = f"{container} does worse than the release before: it is gone"
        raise WorseError(message)
    return described


def _trouble(name: str, container: Any, restarts: int, begun: float) -> str:
    state = container["State"]
    if container["RestartCount"] > restarts or not state["Running"]:
        end = docker.last_end(name, begun) or docker.End(state["ExitCode"], bool(state.get("OOMKilled")))
        return f"it has ended with exit code {end.code}{', for want of memory' if end.for_want_of_memory else ''}"
    return "it is unhealthy" if health(container) == "unhealthy" else ""


def _compared(now: Answers, former: Answers) -> str:
    if now.failed < _LEAST_FAILURES or now.share <= former.share + _TOLERANCE:
        return ""
    return f"{now.failed} of {now.total} answers had a status of 5xx ({now.share:.1%}, before {former.share:.1%})"
