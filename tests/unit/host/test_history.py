"""What is written down of releases: by gates, routes and pulls, good or failed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import docker, history, places
from infra.host.agent.image import Image
from infra.host.agent.kind import AgentError
from infra.host.agent.ready import Ready
from infra.host.agent.release_record import KEPT, KEPT_GOOD, Record, bounded, parse
from infra.host.agent.request import Request, Run, enter
from infra.host.agent.route import Route
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.host.edge import route

WEB, DB = "dev-shop/web", "dev-shop/db"
IMAGE = "registry.test/web@sha256:" + "a" * 64
BEGAN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
HEALTHY: dict[str, object] = {"Status": "running", "Running": True, "Health": {"Status": "healthy", "Log": []}}
EXITED: dict[str, object] = {"Status": "exited", "Running": False, "ExitCode": 3}


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PRODUCTS", tmp_path / "products")
    monkeypatch.setattr(places, "RELEASES", tmp_path / "releases")


def run(number: int, handled: Request, began: datetime = BEGAN) -> None:
    """Be another run from now on."""
    history._going_on.clear()
    handled.run = Run(id=f"{number:08}", actor="ops@laptop", began=began)
    enter(handled)


def docker_moment(moment: datetime) -> str:
    """Return a moment as Docker writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "000Z")


def gate(**changes: Any) -> Ready:
    """Return the gate of a stop-first service, which decides its release."""
    known = {"service": DB, "image": IMAGE, "tag": "17", "revision": "4f1c", "config": "c0", "strategy": "stop-first"}
    return Ready(**{"container": "db", "release": "r1", "decides": True, **known, **changes})


def to(folder: Path, release: str, **changes: Any) -> Route:
    """Return a route that writes down its switch."""
    return route(folder, release, service=WEB, image=IMAGE, strategy="rolling", **changes)


def record(number: int, **changes: Any) -> Record:
    fields = {"release": "r", "image": IMAGE, "tag": "", "revision": "", "config": "", "strategy": "rolling"}
    fields |= {"container": "", "actor": "", "start": "", "end": "", "result": "good"}
    return Record(**{"id": f"{number:08}", "service": WEB, **fields, **changes})


def test_a_stop_first_service_that_is_ready_is_written_down(docker_engine: DockerEngine) -> None:
    docker_engine.container("db", HEALTHY)
    gate().apply()
    (found,) = history.records(DB)
    assert (found.id, found.actor, found.result, found.container) == ("00000001", "ops@laptop", "good", "db-id")
    assert (found.release, found.image, found.tag, found.revision, found.config) == ("r1", IMAGE, "17", "4f1c", "c0")
    assert set(found.phases) == {"gate"}, "a container from before this run was not started by it"


def test_a_gate_before_a_route_leaves_the_verdict_to_it(docker_engine: DockerEngine) -> None:
    docker_engine.container("db", HEALTHY)
    gate(decides=False).apply()
    assert history.records(DB) == []


def test_a_gate_without_a_service_writes_nothing(docker_engine: DockerEngine, releases_noted: Path) -> None:
    docker_engine.container("db", HEALTHY)
    Ready(container="db", decides=True).apply()
    assert not releases_noted.exists()


def test_a_failed_gate_is_written_down_without_a_word_of_the_container(docker_engine: DockerEngine) -> None:
    docker_engine.container("db", {**EXITED, "Health": {"Status": "unhealthy", "Log": [{"Output": "canary"}]}})
    docker_engine.replies["GET", "/containers/db-id/logs"] = b"\1\0\0\0\0\0\0\6canary"
    with pytest.raises(AgentError, match="canary"):
        gate(timeout=7).apply()
    (found,) = history.records(DB)
    assert (found.result, found.gate) == ("failed", "gate")
    assert found.reason == "expected healthy within 7 s, it is exited with exit code 3"


def test_what_serves_already_is_not_released_again(docker_engine: DockerEngine, request_handled: Request) -> None:
    docker_engine.container("db", HEALTHY)
    gate().apply()
    run(2, request_handled)
    gate(revision="5e2d").apply()
    assert [each.id for each in history.records(DB)] == ["00000001"]


@pytest.mark.parametrize("events", [(-4, -2, 1), (1,), None])
def test_the_seconds_down_are_measured_or_not_told(
    docker_engine: DockerEngine, request_handled: Request, events: tuple[int, ...] | None
) -> None:
    made = datetime.now(UTC) - timedelta(seconds=3)
    run(2, request_handled, began=made - timedelta(seconds=60))
    begun = {**HEALTHY, "StartedAt": docker_moment(made + timedelta(seconds=1))}
    docker_engine.container("db", HEALTHY, more={"Created": docker_moment(made), "State": begun})
    if events:
        moments = [(made + timedelta(seconds=seconds)).timestamp() for seconds in events]
        lines = [json.dumps({"timeNano": int(moment * 1_000_000_000)}) for moment in moments]
        docker_engine.replies["GET", "/events"] = "\n".join(lines).encode()
    gate().apply()
    (found,) = history.records(DB)
    assert found.phases["start"] == pytest.approx(1, abs=0.1)
    if events == (-4, -2, 1):
        assert found.down is not None
        assert found.down >= 7, "counted from the signal to stop"
        assert found.phases["stop"] == pytest.approx(4, abs=0.1)
        assert gate().read() == {"down": found.down}
    else:
        assert found.down is None
        assert gate().read() == {}


def test_a_switch_is_written_down_with_its_phases(edge_folder: Path, docker_engine: DockerEngine) -> None:
    docker_engine.container("web-r1", HEALTHY)
    to(edge_folder, "r1").apply()
    to(edge_folder, "r2", drain=0.01).apply()
    (found,) = history.records(WEB)
    assert (found.release, found.result, set(found.phases)) == ("r2", "good", {"switch", "drain"})


def test_a_switch_that_is_not_confirmed_is_a_failed_release(edge_folder: Path, request_handled: Request) -> None:
    to(edge_folder, "r1").apply()
    run(2, request_handled)
    with pytest.raises(AgentError):
        to(edge_folder, "broken").apply()
    good, failed = history.records(WEB)
    assert (good.result, failed.result, failed.gate) == ("good", "failed", "switch")
    assert "status 502" in failed.reason


def test_an_engine_that_falls_silent_does_not_hide_why_a_switch_failed(
    edge_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Route, "_confirm", lambda _: (_ for _ in ()).throw(AgentError("not confirmed")))
    monkeypatch.setattr(docker, "container", lambda _: (_ for _ in ()).throw(AgentError("silent")))
    with pytest.raises(AgentError, match="not confirmed"):
        to(edge_folder, "r1").apply()


def test_a_route_that_is_only_written_anew_is_no_release(edge_folder: Path, request_handled: Request) -> None:
    to(edge_folder, "r1").apply()
    run(2, request_handled)
    to(edge_folder, "r1", content=to(edge_folder, "r1").content + "tcp: {}\n").apply()
    assert [each.id for each in history.records(WEB)] == ["00000001"]


@pytest.mark.parametrize("former", ["r1", None])
def test_a_switch_that_nobody_heard_of_is_no_good_release(
    edge_folder: Path, request_handled: Request, former: str | None
) -> None:
    if former:
        to(edge_folder, former).apply()
    run(2, request_handled)
    to(edge_folder, "r2").apply()
    assert history.records(WEB)[-1].result == "good"
    assert request_handled.undo
    request_handled.undo()
    assert (history.records(WEB)[-1].id, history.records(WEB)[-1].result) == ("00000002", "failed")


def test_a_pull_that_fails_is_a_failed_release(docker_engine: DockerEngine, command: Callable[..., Path]) -> None:
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    command("docker", "echo manifest unknown >&2; exit 1")
    with pytest.raises(AgentError):
        Image(reference=IMAGE, used_by=WEB).apply()
    (found,) = history.records(WEB)
    assert found.gate == "pull"
    assert found.reason.startswith(f"there is no image {IMAGE}")
    assert set(found.phases) == {"pull"}


def test_an_image_for_another_architecture_is_a_failed_release(docker_engine: DockerEngine) -> None:
    docker_engine.replies["GET", f"/images/{IMAGE}/json"] = {"Architecture": "arm64"}
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    with pytest.raises(AgentError, match="is for arm64"):
        Image(reference=IMAGE, used_by=WEB).apply()
    assert history.records(WEB)[0].gate == "pull"


def test_a_pull_counts_as_the_begin_of_the_release(edge_folder: Path, docker_engine: DockerEngine) -> None:
    docker_engine.replies["GET", f"/images/{IMAGE}/json"] = {"Architecture": "amd64"}
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    with history.phase(WEB, "pull"):
        Image(reference=IMAGE, used_by=WEB).apply()
    begin = history.progress(WEB).start
    to(edge_folder, "r1").apply()
    assert history.records(WEB)[0].start == begin.isoformat(timespec="seconds")
    assert set(history.records(WEB)[0].phases) == {"pull", "switch"}


def test_a_record_that_cannot_be_written_is_a_warning(
    edge_folder: Path, releases_noted: Path, request_sent: list[dict[str, Any]]
) -> None:
    releases_noted.write_text("a file in the place of the folder")
    to(edge_folder, "r1").apply()
    assert [line["warning"] for line in request_sent if "warning" in line] == [
        f"the release of {WEB} could not be written down: Not a directory"
    ]


def test_a_run_has_one_record_a_service(releases_noted: Path) -> None:
    history.add(record(1, result="failed"))
    history.add(record(1))
    assert [each.result for each in history.records(WEB)] == ["good"]
    line = json.loads((releases_noted / f"{WEB}.jsonl").read_text())
    assert line["digest"] == IMAGE.partition("@")[2]


def test_a_record_is_read_as_it_was_written() -> None:
    written = record(1, phases={"gate": 1.25}, down=3.5, reason="«why»")
    assert parse(written.line()) == written


@pytest.mark.parametrize("line", ["", "{", "[]", "1", '{"id": "1"}'])
def test_a_line_that_is_no_record_is_passed_over(line: str) -> None:
    assert parse(line) is None


def test_a_field_of_a_later_version_is_passed_over() -> None:
    assert parse(json.dumps({**json.loads(record(1).line()), "bake": 60})) == record(1)


def test_failures_never_push_out_the_good_releases() -> None:
    good = [record(number) for number in range(KEPT_GOOD + 5)]
    failed = [record(number, result="failed") for number in range(100, 100 + 2 * KEPT)]
    kept = bounded([*good, *failed])
    assert [each.id for each in kept if each.is_good] == [each.id for each in good[5:]]
    assert [each for each in kept if not each.is_good] == failed[-KEPT:]
    assert bounded([replace(each) for each in good]) == good
