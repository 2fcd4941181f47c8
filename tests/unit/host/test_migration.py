"""Migrations, by an engine that is told how they end."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.host.agent import docker, history, migration, migrations, places, product_lock
from infra.host.agent.kind import AgentError
from infra.host.agent.migration import Migration
from infra.host.agent.migration_record import RUNBOOK, Step, bounded
from infra.host.agent.release_record import Record
from infra.host.agent.request import CancelledError, Request
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.host import HostProvider
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.host.test_ready import frame

WEB = "dev-shop/web"
LABELS = {"slipway.product": "shop", "slipway.service": "web"}
PREPARED = {"Status": "created", "Running": False, "StartedAt": "0001-01-01T00:00:00Z"}
TYPES = HostProvider().types


def image(name: str) -> str:
    return f"registry.test/web@sha256:{name * 64}"


def wanted(name: str, phase: str = "expand", **changes: Any) -> Migration:
    """Return the migration of an image."""
    known = {"service": WEB, "image": image(name), "tag": f"v-{name}", "release": f"r{name}"}
    return Migration(
        **{**known, "container": f"migrate-{name}", "command": ("db", "upgrade"), "phase": phase, **changes}
    )


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path, locks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not locks.exists()
    monkeypatch.setattr(places, "MIGRATIONS", tmp_path / "migrations")
    monkeypatch.setattr(places, "PRODUCTS", tmp_path / "products")
    monkeypatch.setattr(migration, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(product_lock, "_POLL_SECONDS", 0.01)


def now() -> str:
    """Return this moment as Docker writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "000Z")


class Containers:
    """Prepared containers, each of which ends as it is told once somebody starts it."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        self.started: list[str] = []

    def prepare(self, name: str, **ending: Any) -> None:
        """Have a container that ends so; one without an ending works on until it is stopped."""
        state: dict[str, Any] = dict(PREPARED)
        log = ending.pop("log", b"")

        def look() -> Any:
            return {
                "Id": name,
                "Created": "2026-01-01T00:00:00.123456789Z",
                "Config": {"Labels": LABELS, "Env": ["API_TOKEN=canary-in-env"]},
                "State": dict(state),
            }

        def start() -> bytes:
            self.started.append(name)
            state.update({"StartedAt": now(), "Running": True, "Status": "running", "ExitCode": 0})
            if ending:
                state.update({"Running": False, "Status": "exited", **ending})
            return b""

        def stop() -> bytes:
            state.update({"Running": False, "Status": "exited", "ExitCode": 137})
            return b""

        self.engine.replies["GET", f"/containers/{name}/json"] = look
        self.engine.replies["POST", f"/containers/{name}/start"] = start
        self.engine.replies["POST", f"/containers/{name}/stop"] = stop
        self.engine.replies["GET", f"/containers/{name}/logs"] = log


@pytest.fixture
def containers(docker_engine: DockerEngine) -> Containers:
    """Return the containers of the images a to e, which all migrate well."""
    made = Containers(docker_engine)
    for name in "abcde":
        made.prepare(f"migrate-{name}", ExitCode=0)
    return made


def serve(name: str, number: int) -> None:
    """Write down that an image was put into service."""
    empty: dict[str, Any] = dict.fromkeys(("release", "revision", "config", "strategy", "container", "actor"), "")
    start = datetime.now(UTC).isoformat()
    known = {"id": f"run{number}", "service": WEB, "image": image(name), "tag": "", "start": start, "end": start}
    history.add(Record(**{**empty, **known, "result": "good"}))


def deploy(*names: str, phase: str = "expand") -> None:
    """Migrate and put into service one image after the other."""
    for name in names:
        wanted(name, phase).apply()
        serve(name, len(history.records(WEB)))


def test_a_new_image_migrates_once(containers: Containers) -> None:
    assert wanted("a").read() is None
    wanted("a").apply()
    wanted("a").apply()
    assert containers.started == ["migrate-a"]
    (step,) = migrations.steps(WEB)
    assert (step.image, step.result, step.phase, step.run, step.actor) == (
        image("a"),
        "good",
        "expand",
        "00000001",
        "ops@laptop",
    )
    assert (wanted("a").read() or {})["steps"][0]["result"] == "good"


def test_a_release_of_the_same_image_does_not_migrate_again(containers: Containers) -> None:
    deploy("a")
    containers.prepare("migrate-other", ExitCode=0)
    wanted("a", container="migrate-other", config="c1", timeout=5, release="r9").apply()
    assert containers.started == ["migrate-a"]


def test_another_command_of_the_same_image_migrates(containers: Containers) -> None:
    deploy("a")
    wanted("a", command=("db", "upgrade", "--all")).apply()
    assert containers.started == ["migrate-a", "migrate-a"]


def test_an_older_image_never_migrates_whatever_its_command(containers: Containers) -> None:
    deploy("a", "b", "a", "b", "a")
    wanted("a", command=("db", "downgrade")).apply()
    assert containers.started == ["migrate-a", "migrate-b"]


def test_an_image_from_before_the_first_migration_is_older(containers: Containers) -> None:
    serve("a", 0)
    deploy("b", "a")
    assert containers.started == ["migrate-b"]


def test_what_serves_while_a_migration_is_first_declared_migrates(containers: Containers) -> None:
    serve("a", 0)
    wanted("a").apply()
    assert containers.started == ["migrate-a"]


def test_an_image_that_failed_tries_again_unless_another_one_has_migrated_since(containers: Containers) -> None:
    containers.prepare("migrate-b", ExitCode=1)
    deploy("a")
    for _ in range(2):
        with pytest.raises(AgentError):
            wanted("b").apply()
    deploy("c")
    wanted("b").apply()
    assert containers.started == ["migrate-a", "migrate-b", "migrate-b", "migrate-c"]


def test_an_image_from_before_a_contract_is_refused_with_the_restore_point(containers: Containers) -> None:
    deploy("a")
    deploy("b", phase="contract")
    began = datetime.fromisoformat(migrations.steps(WEB)[-1].start)
    with pytest.raises(AgentError) as refused:
        wanted("a").apply()
    assert str(refused.value) == (
        f"{WEB} cannot go back to aaaaaaaaaaaa: its database is ahead by the contract migration of v-b, which began at "
        f"{began:%Y-%m-%d %H:%M:%S} UTC. The restore point is just before that: see {RUNBOOK}"
    )
    assert containers.started == ["migrate-a", "migrate-b"]
    assert wanted("a").read() is not None, "a refresh must not take it for one that is still to migrate"


def test_one_contract_forbids_all_before_it_and_nothing_after_it(containers: Containers) -> None:
    deploy("a", "b")
    deploy("c", phase="contract")
    deploy("d", "e")
    wanted("c", "contract").apply()
    wanted("d").apply()
    for older in "ab":
        with pytest.raises(AgentError, match="of v-c, which began at"):
            wanted(older).apply()
    assert containers.started == [f"migrate-{name}" for name in "abcde"]


def test_a_contract_that_failed_forbids_going_back_and_not_what_serves_or_is_new(containers: Containers) -> None:
    containers.prepare("migrate-c", ExitCode=1)
    deploy("a", "b")
    with pytest.raises(AgentError):
        wanted("c", "contract").apply()
    wanted("b").apply()
    with pytest.raises(AgentError, match="did not end well, so that nobody knows how far it got"):
        wanted("a").apply()
    deploy("d")
    assert containers.started == [f"migrate-{name}" for name in "abcd"]


def test_what_serves_is_released_again_although_the_database_is_ahead(containers: Containers) -> None:
    deploy("a")
    wanted("b", "contract").apply()
    wanted("a", release="r9").apply()
    assert containers.started == ["migrate-a", "migrate-b"]


def test_a_failed_migration_tells_gate_exit_code_and_log_without_secrets(
    containers: Containers, tmp_path: Path
) -> None:
    secret = tmp_path / "products" / "dev-shop" / "secrets" / "web" / "password"
    secret.parent.mkdir(parents=True)
    secret.write_text("canary-in-a-file\n")
    log = frame(1, "adding a column\n") + frame(2, "login canary-in-a-file refused, canary-in-env, too\n")
    containers.prepare("migrate-a", ExitCode=3, OOMKilled=True, log=log)
    with pytest.raises(AgentError) as failure:
        wanted("a", timeout=7).apply()
    reason = "expected the migration to end well within 7 s, it is exited with exit code 3, killed for want of memory"
    assert str(failure.value) == (
        "service shop/web (container migrate-a) did not migrate its database, and is not released: "
        f"{reason}. Its last log lines:\nadding a column\nlogin [secret] refused, [secret], too"
    )
    assert [(step.result, step.reason) for step in migrations.steps(WEB)] == [("failed", reason)]
    (record,) = history.records(WEB)
    assert (record.result, record.gate, record.reason, set(record.phases)) == ("failed", "migrate", reason, {"migrate"})


def test_the_log_holds_all_of_this_try_and_nothing_of_a_former_one(containers: Containers) -> None:
    asked: list[float] = []

    def start() -> object:
        asked.append(datetime.now(UTC).timestamp())
        return bytes(begin())

    containers.prepare("migrate-a", ExitCode=1)
    begin = containers.engine.replies["POST", "/containers/migrate-a/start"]
    containers.engine.replies["POST", "/containers/migrate-a/start"] = start
    former_end = datetime.now(UTC).timestamp()
    with pytest.raises(AgentError):
        wanted("a").apply()
    (since,) = containers.engine.queries["/containers/migrate-a/logs"]["since"]
    assert former_end <= float(since) <= asked[0], "the engine's StartedAt comes after the first words of a quick one"


def test_a_migration_that_hangs_is_stopped(containers: Containers) -> None:
    containers.prepare("migrate-a")
    with pytest.raises(AgentError, match=r"within 0\.1 s, it was still at work and was stopped\. It logged nothing"):
        wanted("a", timeout=0.1).apply()
    assert ("POST", "/containers/migrate-a/stop", None) in containers.engine.asked
    assert [step.result for step in migrations.steps(WEB)] == ["failed"]


def test_one_that_docker_cannot_start_has_not_begun(containers: Containers, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(method: str, path: str, **_: Any) -> Any:
        message = f"Docker on server.test refused: {method} {path}"
        raise AgentError(message)

    monkeypatch.setattr(docker, "container", lambda name: {"Id": name})
    monkeypatch.setattr(docker, "ask", ask)
    with pytest.raises(AgentError, match="refused: POST /containers/migrate-a/start"):
        wanted("a", "contract").apply()
    assert migrations.steps(WEB) == []
    assert containers.started == []
    assert history.records(WEB)[0].gate == "migrate"


def test_a_container_that_is_not_there_is_named(containers: Containers) -> None:
    with pytest.raises(AgentError, match=r"no container absent on server\.test"):
        wanted("a", container="absent").apply()
    assert containers.started == []


def left_at_work(containers: Containers, request: Request, **changes: Any) -> None:
    """Begin a migration whose run is gone before it ends."""
    containers.prepare("migrate-a")
    request.stop.set()
    with pytest.raises(CancelledError):
        wanted("a", **changes).apply()
    request.stop.clear()
    assert [step.result for step in migrations.steps(WEB)] == ["running"]


def test_the_next_run_takes_the_result_of_one_that_was_left_at_work(
    containers: Containers, request_handled: Request
) -> None:
    left_at_work(containers, request_handled)
    begun = now()
    containers.engine.container(
        "migrate-a",
        {"Status": "running", "Running": True, "StartedAt": begun},
        {"Status": "exited", "Running": False, "ExitCode": 0, "StartedAt": begun},
    )
    wanted("a").apply()
    assert [each.result for each in migrations.steps(WEB)] == ["good"]
    assert containers.started == ["migrate-a"]


def test_one_that_was_left_at_work_and_failed_is_tried_again(containers: Containers, request_handled: Request) -> None:
    left_at_work(containers, request_handled)
    containers.engine.replies["POST", "/containers/migrate-a/stop"]()
    containers.prepare("migrate-again", ExitCode=0)
    wanted("a", container="migrate-again").apply()
    assert [each.result for each in migrations.steps(WEB)] == ["failed", "good"]


def test_one_that_was_left_at_work_and_hangs_is_stopped_by_the_next_run(
    containers: Containers, request_handled: Request
) -> None:
    left_at_work(containers, request_handled, timeout=0.05)
    wanted("b").apply()
    assert [(step.image, step.result) for step in migrations.steps(WEB)] == [
        (image("a"), "failed"),
        (image("b"), "good"),
    ]


def test_a_run_that_ended_before_the_container_started_has_not_migrated(containers: Containers) -> None:
    migrations.note(step("a", phase="contract"))
    wanted("b").apply()
    assert [each.image for each in migrations.steps(WEB)] == [image("b")]
    assert containers.started == ["migrate-b"]


def step(name: str, **changes: Any) -> Step:
    known = {"run": "1", "service": WEB, "image": image(name), "tag": "", "command": "c", "phase": "expand"}
    start = datetime.now(UTC).isoformat()
    rest = {"container": f"migrate-{name}", "timeout": 5, "actor": "", "start": start}
    return Step(**{**known, **rest, **changes})


def test_two_migrations_of_a_product_never_run_at_once(containers: Containers) -> None:
    with (
        product_lock.migrating("dev-shop", 1),
        pytest.raises(AgentError, match=r"another migration of the product dev-shop has been running on server\.test"),
    ):
        wanted("a", timeout=0.05).apply()
    assert containers.started == []
    wanted("a").apply()
    assert containers.started == ["migrate-a"]


def test_a_second_migration_waits_for_the_first(containers: Containers, request_handled: Request) -> None:
    lock = product_lock.migrating("dev-shop", 1)
    lock.__enter__()
    waited: list[str] = []

    def told(message: dict[str, Any]) -> None:
        if not waited and "waiting" in message.get("status", ""):
            waited.extend(containers.started)
            Thread(target=lock.__exit__, args=(None, None, None)).start()

    request_handled.send = told
    wanted("a").apply()
    assert containers.started == ["migrate-a"]


def test_a_preview_says_that_a_new_image_migrates_and_an_older_one_does_not(containers: Containers) -> None:
    deploy("a", "b")
    assert impact("c", "contract") == "migrates first (contract)"
    assert impact("a") == "no change"
    assert impact("b", command=["db", "upgrade", "--all"]) == "migrates first (expand)"
    assert impact("b", config="c1") == "no change"
    assert containers.started == ["migrate-a", "migrate-b"]


def impact(name: str, phase: str = "expand", **changes: Any) -> Any:
    """Return what a preview says of an image, by the state that the last run left."""
    serving = migrations.steps(WEB)[-1].image
    former: dict[str, Any] = {
        "service": WEB,
        "image": serving,
        "container": "c",
        "command": ["db", "upgrade"],
        "phase": "expand",
    }
    found = Migration(**{**former, "command": ("db", "upgrade")}).read()
    inputs = {**former, "image": image(name), "phase": phase, **changes}
    return TYPES["host:index:Migration"].predict(inputs, {**former, **(found or {})})["impact"]


def test_a_preview_refuses_what_is_from_before_a_contract(containers: Containers) -> None:
    deploy("a")
    deploy("b", phase="contract")
    with pytest.raises(ProviderError, match=rf"cannot go back to aaaaaaaaaaaa: .* see {RUNBOOK}"):
        impact("a")
    assert containers.engine.asked


def test_a_first_preview_says_that_it_migrates() -> None:
    inputs = {"service": WEB, "image": image("a"), "container": "c", "command": ["run"], "phase": "expand"}
    assert TYPES["host:index:Migration"].predict(inputs, None)["impact"] == "migrates first (expand)"


def test_contracts_outlive_all_other_migrations() -> None:
    contract, others = step("a", phase="contract"), [step("b", run=str(number)) for number in range(110)]
    assert bounded([contract, *others]) == [contract, *others[10:]]


def test_a_line_that_is_no_migration_is_passed_over(containers: Containers) -> None:
    path = places.MIGRATIONS / f"{WEB}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('\n{\n[]\n{"run": "1"}\n')
    wanted("a").apply()
    assert [each.result for each in migrations.steps(WEB)] == ["good"]
    assert containers.started


def test_removing_it_leaves_what_is_written_down(containers: Containers) -> None:
    deploy("a")
    wanted("a").remove()
    assert len(migrations.steps(WEB)) == len(containers.started) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", "web"),
        ("image", "web:1"),
        ("command", ()),
        ("phase", "contracts"),
        ("timeout", 0),
    ],
)
def test_what_cannot_be_migrated_is_a_mistake(field: str, value: Any) -> None:
    assert [name for name, _ in wanted("a", **{field: value}).mistakes()] == [field]
    assert not list(wanted("a").mistakes())


def test_the_runbook_is_there() -> None:
    assert Path(RUNBOOK).is_file()
