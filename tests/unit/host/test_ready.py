"""Gates before containers, by an engine that is told what to say."""

from pathlib import Path

import pytest

from infra.host.agent import places, ready
from infra.host.agent.kind import AgentError
from infra.host.agent.ready import Ready
from infra.host.agent.request import CancelledError, Request
from infra.services import Secret
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.services.test_container import service
from tests.unit.services.test_product import shop

LABELS = {"slipway.product": "shop", "slipway.service": "web"}


def running(health: str) -> dict[str, object]:
    return {"Status": "running", "Running": True, "Health": {"Status": health, "Log": [{"Output": "refused\n"}]}}


def frame(stream: int, text: str) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text.encode()).to_bytes(4, "big") + text.encode()


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "_POLL_SECONDS", 0.01)


@pytest.fixture
def logged(docker_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    """Return an engine with a container that writes its secrets to both streams."""
    secret = tmp_path / "dev-shop" / "secrets" / "web" / "password"
    secret.parent.mkdir(parents=True)
    secret.write_text("canary-in-a-file\n")
    monkeypatch.setattr(places, "PRODUCTS", tmp_path)
    lines = frame(1, "started with canary-in-a-file\n") + frame(2, "postgres://app:canary-in-a-url@db canary-in-env\n")
    docker_engine.replies["GET", "/containers/web-id/logs"] = lines
    return docker_engine


def test_a_gate_waits_until_the_container_is_healthy(docker_engine: DockerEngine) -> None:
    docker_engine.container("web", running("starting"), running("starting"), running("healthy"))
    Ready(container="web").apply()
    assert len(docker_engine.asked) == 3


def test_a_container_that_is_not_there_is_named(docker_engine: DockerEngine) -> None:
    assert Ready(container="web").read() is None
    with pytest.raises(AgentError, match=r"no such container on server\.test"):
        Ready(container="web").apply()
    assert docker_engine.asked


def test_a_failed_gate_tells_service_expected_actual_and_both_streams(logged: DockerEngine) -> None:
    logged.container("web", {"Status": "exited", "Running": False, "ExitCode": 3}, labels=LABELS)
    with pytest.raises(AgentError) as failure:
        Ready(container="web", timeout=7).apply()
    first, *log = str(failure.value).splitlines()
    expected = (
        "service shop/web (container web) is not ready: expected healthy within 7 s, it is exited with exit code 3."
    )
    assert first == f"{expected} Its last log lines:"
    assert [line.split()[0] for line in log] == ["started", "postgres://app:[secret]@db"]


def test_a_failed_gate_shows_no_secret(logged: DockerEngine) -> None:
    logged.container("web", {"Status": "exited", "Running": False}, environment=["API_TOKEN=canary-in-env", "A=b"])
    with pytest.raises(AgentError) as failure:
        Ready(container="web").apply()
    assert "canary" not in str(failure.value)


def test_a_failed_gate_passes_on_no_control_characters(docker_engine: DockerEngine) -> None:
    hostile = "\x1b]52;c;Y2FuYXJ5\x07one\x1b[2K\rtwo\tthree \u202efour\x9b2J cana\x1bry-in-env b\u00fccher\nfive\n"
    docker_engine.replies["GET", "/containers/web-id/logs"] = frame(1, hostile)
    docker_engine.container("web", {"Status": "exited", "Running": False}, environment=["API_TOKEN=canary-in-env"])
    with pytest.raises(AgentError) as failure:
        Ready(container="web").apply()
    log = str(failure.value).split("\n")[1:]
    assert log == ["]52;c;Y2FuYXJ5one[2K", "two\tthree four2J [secret] b\u00fccher", "five"]


def test_a_secret_that_is_in_the_environment_alone_is_kept_out_of_the_log_of_a_failed_release(
    docker_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither the name of the variable nor the form of its value tells that it holds a secret.
    value = Secret(value="canary@1", version="1")
    released = shop(service(environment={"LINK": "https://{secret:token}@pay.example.com"}), secrets={"token": value})
    for file in (each.inputs for each in released if "content" in each.secrets):
        path = tmp_path / Path(file["path"]).relative_to(places.PRODUCTS)
        path.parent.mkdir(parents=True)
        path.write_text(file["content"])
    monkeypatch.setattr(places, "PRODUCTS", tmp_path)
    docker_engine.replies["GET", "/containers/web-id/logs"] = frame(
        2, "no answer from https://canary%401@pay.example.com, canary@1 is no login\n"
    )
    docker_engine.container("web", {"Status": "exited", "Running": False}, environment=["LINK=canary"])
    with pytest.raises(AgentError) as failure:
        Ready(container="web").apply()
    log = str(failure.value).splitlines()[1:]
    assert log == ["no answer from https://[secret]@pay.example.com, [secret] is no login"]


def test_a_new_container_whose_check_gives_up_fails_at_once(logged: DockerEngine) -> None:
    created = {"Created": "2999-01-01T00:00:00Z"}
    logged.container("web", running("starting"), running("unhealthy"), more=created)
    with pytest.raises(AgentError, match=r"it is unhealthy \(its healthcheck says: refused\)"):
        Ready(container="web").apply()


def test_a_container_that_ran_before_gets_its_whole_time(docker_engine: DockerEngine) -> None:
    docker_engine.container("web", running("unhealthy"), running("unhealthy"), running("healthy"))
    Ready(container="web").apply()


def test_a_new_container_that_was_unhealthy_before_anybody_looked_gets_its_whole_time(
    docker_engine: DockerEngine,
) -> None:
    created = {"Created": "2999-01-01T00:00:00Z"}
    docker_engine.container("web", running("unhealthy"), running("healthy"), more=created)
    Ready(container="web").apply()


def test_the_time_ends(logged: DockerEngine) -> None:
    logged.container("web", running("starting"))
    with pytest.raises(AgentError, match=r"within 0\.1 s, it is starting"):
        Ready(container="web", timeout=0.1).apply()


def test_a_container_without_a_healthcheck_is_never_healthy(logged: DockerEngine) -> None:
    logged.container("web", {"Status": "running", "Running": True})
    with pytest.raises(AgentError, match="it is running and has no healthcheck"):
        Ready(container="web").apply()


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("running", {"Status": "running", "Running": True}),
        ("completed", {"Status": "exited", "Running": False, "ExitCode": 0}),
    ],
)
def test_the_other_conditions_are_met(docker_engine: DockerEngine, condition: str, state: dict[str, object]) -> None:
    docker_engine.container("job", state)
    Ready(container="job", condition=condition).apply()


def test_a_job_that_ended_badly_is_not_completed(logged: DockerEngine) -> None:
    logged.container("web", {"Status": "exited", "Running": False, "ExitCode": 1})
    with pytest.raises(AgentError, match="expected completed within 60 s, it is exited with exit code 1"):
        Ready(container="web", condition="completed").apply()


def test_a_gate_that_is_given_up_stops_waiting(docker_engine: DockerEngine, request_handled: Request) -> None:
    docker_engine.container("web", running("starting"))
    request_handled.stop.set()
    with pytest.raises(CancelledError):
        Ready(container="web").apply()


def test_a_gate_holds_the_lock_of_its_product(docker_engine: DockerEngine, locks: Path) -> None:
    docker_engine.container("web", running("healthy"))
    Ready(container="web", product="dev-gate").apply()
    assert (locks / "dev-gate.lock").exists()


def test_an_engine_that_does_not_run_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "DOCKER_SOCKET", tmp_path / "absent.sock")
    with pytest.raises(AgentError, match=r"Docker Engine of server\.test does not answer"):
        Ready(container="web").read()


def test_an_unknown_condition_is_a_mistake() -> None:
    assert [name for name, _ in Ready(container="a", condition="started", timeout=0).mistakes()] == [
        "condition",
        "timeout",
    ]


def test_a_gate_whose_container_is_routed_to_is_kept(routes: Path) -> None:
    (routes / "dev-shop-web.yaml").write_text("# container=web-r1 release=r1 revision=1\nhttp: {}\n")
    with pytest.raises(AgentError, match="web-r1 is kept: it still serves dev-shop-web"):
        Ready(container="web-r1").remove()
    Ready(container="web-r2").remove()


def test_a_gate_whose_container_the_product_names_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PRODUCTS", tmp_path)
    named = tmp_path / "dev-shop" / places.SERVING / "worker"
    named.parent.mkdir(parents=True)
    named.write_text("worker-r1\n")
    with pytest.raises(AgentError, match="worker-r1 is kept: it still serves worker"):
        Ready(container="worker-r1").remove()
    Ready(container="worker-r").remove()
    named.unlink()
    Ready(container="worker-r1").remove()
