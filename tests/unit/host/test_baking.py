"""Releases that are watched after the switch, and taken back when they do worse."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import baking, history
from infra.host.agent.baking import Answers
from infra.host.agent.kind import AgentError
from infra.host.agent.request import Request
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.host.edge import NAME, route

LINE = 'traefik_service_requests_total{{code="{}",method="GET",protocol="http",service="{}@file"}} {}\n'
FINE: dict[str, Any] = {"Running": True}
ENDED = {"Running": False, "ExitCode": 137, "OOMKilled": True}
UNHEALTHY = {"Running": True, "Health": {"Status": "unhealthy"}}
SERVICE = "dev-shop/web"


@pytest.fixture
def switched(edge_folder: Path, docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an edge that serves the first release, and has counted a hundred good answers."""
    monkeypatch.setattr(baking, "_POLL_SECONDS", 0.01)
    for container in ("web-r1", "web-r2"):
        docker_engine.container(container, FINE, more={"RestartCount": 0})
    docker_engine.replies["GET", "/containers/web-r2-id/logs"] = b""
    route(edge_folder, "r1").apply()
    counted(edge_folder, "r1", good=100, failed=0)
    counted(edge_folder, "r2", good=150, failed=0)
    return edge_folder


def counted(folder: Path, release: str, *, good: int, failed: int) -> None:
    """Have the edge count answers while a release serves."""
    text = LINE.format(200, f"{NAME}-public-0", f"{good:e}") + LINE.format(502, f"{NAME}-8000", failed)
    (folder / f"metrics.{release}").write_text(text)


def test_a_release_that_does_as_well_as_the_former_one_stays(switched: Path) -> None:
    route(switched, "r2", bake=0.05, service=SERVICE).apply()
    assert route(switched, "r2").read() == {}
    (record,) = history.records(SERVICE)
    assert record.is_good
    assert "bake" in record.phases


@pytest.mark.parametrize(
    ("good", "failed", "stays"),
    [(150, 2, True), (1000, 9, True), (1000, 30, False), (100, 3, False)],
    ids=["chance", "within a percent", "more than a percent", "nothing but failures"],
)
def test_more_failed_answers_than_before_take_a_release_back(
    switched: Path, good: int, failed: int, *, stays: bool
) -> None:
    counted(switched, "r2", good=good, failed=failed)
    if stays:
        route(switched, "r2", bake=0.05).apply()
        assert route(switched, "r2").read() == {}
        return
    with pytest.raises(AgentError, match=rf"leads to web-r1 again: .* {failed} of \d+ answers had a status of 5xx"):
        route(switched, "r2", bake=600).apply()
    assert route(switched, "r1").read() == {}


@pytest.mark.parametrize(
    ("state", "reason"),
    [(ENDED, "it has ended with exit code 137, for want of memory"), (UNHEALTHY, "it is unhealthy")],
    ids=["ended", "unhealthy"],
)
def test_a_container_that_fails_takes_its_release_back(
    switched: Path, docker_engine: DockerEngine, state: dict[str, Any], reason: str
) -> None:
    docker_engine.container("web-r2", FINE, FINE, state, more={"RestartCount": 0})
    with pytest.raises(AgentError, match=reason):
        route(switched, "r2", bake=600, service=SERVICE).apply()
    assert route(switched, "r1").read() == {}
    (record,) = history.records(SERVICE)
    assert (record.result, record.gate, record.reason) == ("failed", "bake", reason)


def test_a_container_that_was_started_again_or_is_gone_takes_its_release_back(
    switched: Path, docker_engine: DockerEngine
) -> None:
    docker_engine.container("web-r2", FINE, more={"RestartCount": 1})
    events = [{"Action": "oom", "Actor": {}}, {"Action": "die", "Actor": {"Attributes": {"exitCode": "137"}}}]
    docker_engine.replies["GET", "/events"] = "\n".join(map(json.dumps, events)).encode()
    with pytest.raises(baking.WorseError, match="it has ended with exit code 137, for want of memory"):
        baking.watch(["web-r2"], 600, restarting(docker_engine), Answers(0, 0))
    asked = docker_engine.queries["/events"]
    assert json.loads(asked["filters"][0]) == {"container": ["web-r2"], "event": ["die", "oom"]}
    assert float(asked["since"][0]) <= float(asked["until"][0])
    del docker_engine.replies["GET", "/containers/web-r2/json"]
    with pytest.raises(baking.WorseError, match="it is gone"):
        baking.watch(["web-r2"], 600, lambda: Answers(0, 0), Answers(0, 0))
    assert switched.exists()


def restarting(engine: DockerEngine) -> Any:
    """Return answers during which the engine starts the container again."""

    def ask() -> Answers:
        engine.container("web-r2", FINE, more={"RestartCount": 2})
        return Answers(0, 0)

    return ask


def test_what_no_edge_tells_is_no_reason_to_switch(switched: Path) -> None:
    (switched / "metrics.r1").unlink()
    with pytest.raises(AgentError, match="does not tell how requests end \\(status 404\\)"):
        route(switched, "r2", bake=600).apply()
    assert route(switched, "r1").read() == {}


def test_without_a_former_container_nothing_is_watched(
    switched: Path, docker_engine: DockerEngine, request_handled: Request
) -> None:
    del docker_engine.replies["GET", "/containers/web-r1/json"]
    counted(switched, "r2", good=0, failed=1000)
    route(switched, "r2", bake=600).apply()
    assert request_handled.undo


def test_answers_of_other_routes_do_not_count() -> None:
    names = (f"{NAME}-8000", f"{NAME}-public-0", f"{NAME}-admin-8000", f"{NAME}2-8000", "dev-blog-web-8000")
    metrics = "# HELP x\n" + "".join(LINE.format(code, name, 1) for name in names for code in (200, 404, 500))
    assert baking.count(metrics, NAME) == Answers(6, 2)


def test_an_edge_that_started_anew_has_counted_from_nothing() -> None:
    assert Answers(10, 1).since(Answers(500, 0)) == Answers(10, 1)
    assert Answers(510, 1).since(Answers(500, 0)) == Answers(10, 1)
