"""The script that runs a job's container, with a docker that ends as it is told."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from infra.profiles.scripts import run_job

NAME = "dev-shop-web-job-report-r1"


class Docker(subprocess.Popen[Any]):
    """A docker that has begun: its time runs once it has written down what it was told."""

    log: ClassVar[Path]

    def __init__(self, command: list[str], **options: Any) -> None:
        told = self.log.read_bytes()
        super().__init__(command, **options)
        while self.poll() is None and self.log.read_bytes() == told:
            time.sleep(0.01)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder: `start` in it is what starting the container does; `log` is what docker was told."""
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/log\n[ "$1" != start ] || . {tmp_path}/start\n')
    program.chmod(0o755)
    (tmp_path / "start").write_text("exit 0\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "log").touch()
    monkeypatch.setattr(Docker, "log", tmp_path / "log", raising=False)
    monkeypatch.setattr(subprocess, "Popen", Docker)
    return tmp_path


def run(docker: Path, timeout: float = 60) -> tuple[int, list[dict[str, Any]], list[str]]:
    """Run the job; return its exit code, its record and what docker was told."""
    record = docker / "jobs" / "dev-shop-web-report.jsonl"
    code = run_job.main(NAME, record, timeout, 20)
    return (
        code,
        [json.loads(line) for line in record.read_text().splitlines()],
        (docker / "log").read_text().split("\n"),
    )


def test_a_good_run_is_written_down(docker: Path) -> None:
    code, (line,), told = run(docker)
    assert code == 0
    assert (line["job"], line["container"]) == ("dev-shop-web-report", NAME)
    assert (line["exit"], line["result"]) == (0, "good")
    assert line["start"] <= line["end"]
    assert told[:-1] == [f"start --attach {NAME}"]


def test_a_failed_run_has_the_exit_code_of_its_container_and_leaves_nothing_at_work(docker: Path) -> None:
    (docker / "start").write_text("exit 3\n")
    code, (line,), told = run(docker)
    assert (code, line["exit"], line["result"]) == (3, 3, "failed")
    assert told[1] == f"stop --time 20 {NAME}"


def test_a_run_that_takes_too_long_is_stopped(docker: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (docker / "start").write_text("exec sleep 60\n")
    code, (line,), told = run(docker, timeout=0.2)
    assert (code, line["exit"], line["result"]) == (124, 124, "timeout")
    assert told[1] == f"stop --time 20 {NAME}"
    assert f"{NAME} took more than 0.2 s and was stopped" in capfd.readouterr().err


def test_a_run_that_is_told_to_stop_stops_its_container(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> run_job.Outcome:
        run_job.terminate()
        return run_job.Outcome("good", 0)

    real = subprocess.run

    def first(command: list[str], **options: Any) -> Any:
        return real(command, **options) if command[1] == "stop" else interrupted()

    monkeypatch.setattr(subprocess, "run", first)
    code, (line,), told = run(docker)
    assert (code, line["result"]) == (143, "stopped")
    assert told[0] == f"stop --time 20 {NAME}"


def in_a_container_that_runs(docker: Path, begins: str, timeout: float = 60) -> tuple[int, dict[str, Any], list[str]]:
    """Have a shell in a container read a script; return the exit code, the record's line and what docker was told."""
    program = docker / "docker"
    program.write_text(f'#!/bin/sh\necho "$*" >> {docker}/log\n{begins}\n')
    script, record = docker / "script", docker / "dev-shop-db.partitions.jsonl"
    script.write_text("echo made of it\n")
    code = run_job.main("dev-shop-db", record, timeout, 20, script)
    return code, json.loads(record.read_text()), (docker / "log").read_text().splitlines()


def test_a_script_is_read_by_a_shell_in_a_container_that_runs(docker: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, line, told = in_a_container_that_runs(docker, "sh")
    assert (code, line["job"], line["container"]) == (0, "dev-shop-db.partitions", "dev-shop-db")
    assert (line["exit"], line["result"]) == (0, "good")
    assert told == ["exec --interactive dev-shop-db sh"]
    assert capfd.readouterr().out == "made of it\n"


@pytest.mark.parametrize(("begins", "result"), [("exit 3", "failed"), ("exec sleep 60", "timeout")])
def test_a_script_that_fails_or_hangs_leaves_the_container_that_serves(
    docker: Path, begins: str, result: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, line, told = in_a_container_that_runs(docker, begins, timeout=0.2 if result == "timeout" else 60)
    assert (code, line["result"]) == (3 if result == "failed" else 124, result)
    assert told == ["exec --interactive dev-shop-db sh"], "nothing stops it"
    assert ("is left to itself" in capfd.readouterr().err) == (result == "timeout")


def test_what_the_container_writes_goes_to_the_journal(docker: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (docker / "start").write_text("echo 3 orders; echo careful >&2\n")
    run(docker)
    assert capfd.readouterr() == ("3 orders\n", "careful\n")


def test_the_last_runs_are_kept(docker: Path) -> None:
    record = docker / "jobs" / "dev-shop-web-report.jsonl"
    record.parent.mkdir()
    record.write_text("".join(f'{{"run": {number}}}\n' for number in range(150)))
    _, kept, _ = run(docker)
    assert (len(kept), kept[0], kept[-1]["result"]) == (run_job.KEPT, {"run": 51}, "good")
    assert [path.name for path in record.parent.iterdir()] == [record.name]
