"""`slipway unlock`, with a program in Pulumi's place that keeps a state file."""

import json
import os
import socket
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import Slipway

STAND_IN = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent
state = here / "state.json"
calls = here / "calls"
calls.write_text((calls.read_text() if calls.exists() else "") + " ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "whoami":
    print(json.dumps({"user": "ops", "url": (here / "url").read_text()}))
elif sys.argv[1:3] == ["stack", "export"]:
    print(state.read_text())
elif sys.argv[1] == "refresh" and not (here / "stubborn").exists():
    content = json.loads(state.read_text())
    deployment = content["deployment"]
    deployment["pending_operations"] = [one for one in deployment["pending_operations"] if one["type"] != "creating"]
    state.write_text(json.dumps(content))
else:
    sys.exit("error: could not do that")
"""
"""Answers as Pulumi 3.259 does: `--clear-pending-creates` strikes the creates and leaves all else."""
ROOT = "urn:pulumi:dev::slipway::pulumi:pulumi:Stack::slipway-dev"
GONE = 4_194_304
"""No process has it: more than the kernel ever gives out."""


class Backend:
    """A state folder and what is in it."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.bin = program("pulumi", STAND_IN).parent
        self.locks = folder / ".pulumi" / "locks" / "organization" / "slipway" / "dev"
        self.locks.mkdir(parents=True)
        self.url(f"file://{folder}")
        self.pending()

    def url(self, url: str) -> None:
        (self.bin / "url").write_text(url, encoding="utf-8")

    def pending(self, **operations: str) -> None:
        urn = "urn:pulumi:dev::slipway::docker:index/container:Container::{}".format
        pending = [{"resource": {"urn": urn(name)}, "type": kind} for name, kind in operations.items()]
        resources = [{"urn": ROOT, "type": "pulumi:pulumi:Stack"}]
        deployment = {"resources": resources, "pending_operations": pending}
        (self.bin / "state.json").write_text(json.dumps({"version": 3, "deployment": deployment}), encoding="utf-8")

    def lock(self, process: int, host: str | None = None, name: str = "a") -> Path:
        content = {"pid": process, "username": "ops", "hostname": host or socket.gethostname()}
        path = self.locks / f"{name}.json"
        path.write_text(json.dumps(content | {"timestamp": "2099-01-01T00:00:00Z"}), encoding="utf-8")
        path.with_name(f"{path.name}.attrs").write_text("{}", encoding="utf-8")
        return path

    def left(self) -> list[str]:
        deployment = json.loads((self.bin / "state.json").read_text(encoding="utf-8"))["deployment"]
        return [one["resource"]["urn"].rsplit("::", 1)[1] for one in deployment["pending_operations"]]

    def calls(self) -> list[str]:
        return (self.bin / "calls").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def backend(program: Program, tmp_path: Path) -> Backend:
    """Return an unlocked state without pending operations."""
    return Backend(program, tmp_path / "state")


def test_a_lock_of_a_dead_process_is_broken(slipway: Slipway, backend: Backend) -> None:
    backend.lock(GONE)
    result = slipway("unlock", "dev")
    assert result.exit_code == 0, result.output
    assert "that process is dead" in result.stdout
    assert "Next: `slipway up dev`" in result.stdout
    assert list(backend.locks.iterdir()) == []


def test_unfinished_creates_are_cleared_and_nothing_else(slipway: Slipway, backend: Backend) -> None:
    backend.lock(GONE)
    backend.pending(web="creating", db="updating", cache="deleting")
    result = slipway("unlock", "dev")
    assert "never finished: web" in result.stdout
    assert "next `slipway up`, which reads the servers: db" in result.stdout
    assert backend.left() == ["db", "cache"]
    (refresh,) = [call for call in backend.calls() if call.startswith("refresh")]
    assert "--preview-only" in refresh, "a real refresh would write what it believes of servers it cannot reach"
    assert f"--target {ROOT}" in refresh, "no provider may be asked: its server may be dead"


def test_without_a_lock_unfinished_creates_are_cleared_too(slipway: Slipway, backend: Backend) -> None:
    backend.pending(web="creating")
    assert slipway("unlock", "dev").exit_code == 0
    assert backend.left() == []


def test_there_may_be_nothing_to_do(slipway: Slipway, backend: Backend) -> None:
    result = slipway("unlock", "dev")
    assert result.exit_code == 0
    assert "nothing to do" in result.stdout
    assert not [call for call in backend.calls() if call.startswith("refresh")]


def test_a_lock_of_a_living_process_is_kept(slipway: Slipway, backend: Backend) -> None:
    path = backend.lock(os.getpid())
    backend.pending(web="creating")
    result = slipway("unlock", "dev")
    assert result.exit_code == 1
    assert f"held by ops@{socket.gethostname()} (process {os.getpid()}" in result.stderr
    assert path.exists()
    assert backend.left() == ["web"], "nothing may be changed"


def test_a_lock_of_another_machine_is_kept(slipway: Slipway, backend: Backend) -> None:
    path = backend.lock(GONE, host="ci-runner-7")
    result = slipway("unlock", "dev")
    assert result.exit_code == 1
    assert "ops@ci-runner-7" in result.stderr
    assert "run `slipway unlock` there" in result.stderr
    assert path.exists()


def test_one_living_holder_keeps_all_locks(slipway: Slipway, backend: Backend) -> None:
    dead, alive = backend.lock(GONE, name="a"), backend.lock(os.getpid(), name="b")
    assert slipway("unlock", "dev").exit_code == 1
    assert dead.exists()
    assert alive.exists()


def test_creates_that_stay_are_said(slipway: Slipway, backend: Backend) -> None:
    backend.pending(web="creating")
    (backend.bin / "stubborn").touch()
    result = slipway("unlock", "dev")
    assert result.exit_code == 1
    assert "still in the state: could not do that" in result.stderr


def test_locks_elsewhere_than_in_a_folder_are_not_judged(slipway: Slipway, backend: Backend) -> None:
    backend.url("s3://state?region=eu-central-1")
    result = slipway("unlock", "dev")
    assert result.exit_code == 1
    assert "`pulumi cancel` breaks it" in result.stderr


def test_a_stack_file_with_mistakes_can_be_unlocked(slipway: Slipway, backend: Backend, project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {slipway:edge: {}}\n", encoding="utf-8")
    backend.lock(GONE)
    assert slipway("unlock", "dev").exit_code == 0
    assert slipway("unlock", "live").exit_code == 2


def test_programs_get_json(slipway: Slipway, backend: Backend) -> None:
    backend.lock(GONE)
    backend.pending(web="creating")
    data = json.loads(slipway("unlock", "dev", "--json").stdout)
    assert data["broken"] == [{"process": GONE, "user": "ops", "host": socket.gethostname()}]
    assert [urn.rsplit("::", 1)[1] for urn in data["cleared"]] == ["web"]
    assert data["kept"] == []


def test_a_missing_pulumi_is_said(slipway: Slipway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    result = slipway("unlock", "dev")
    assert result.exit_code == 1
    assert "pulumi is not on PATH: run `make tools`" in result.stderr
