"""Containers that stand still for a backup, with a docker that writes down what it was told."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.backups.program import places
from infra.backups.program.stillness import start_left_over, still
from infra.backups.program.trouble import TroubleError

RUNNING = json.dumps([{"State": {"Running": True}}])
STOPPED = json.dumps([{"State": {"Running": False}}])
HOLDER = """
import sys, time
from infra.backups.program.stillness import still
with still("pause", ["web"]):
    print("still", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder: `log` is what docker was told, `state` what it says of a container."""
    program = tmp_path / "docker"
    program.write_text(
        f'#!/bin/sh\n[ "$1" != container ] || exec cat {tmp_path}/state\necho "$*" >> {tmp_path}/log\n'
        f'[ "$1" != "$(cat {tmp_path}/failing 2> /dev/null)" ]\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    (tmp_path / "state").write_text(RUNNING, encoding="utf-8")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(places, "STOPPED", tmp_path / "stopped")
    return tmp_path


def told(docker: Path) -> list[str]:
    """Return what docker was told."""
    return (docker / "log").read_text(encoding="utf-8").splitlines()


def test_what_is_hot_is_left_alone(docker: Path) -> None:
    with still("hot", ["web"]):
        pass
    assert not (docker / "log").exists()


@pytest.mark.parametrize(("how", "back"), [("pause", "unpause"), ("stop", "start")])
def test_containers_go_on_after_a_failure(how: str, back: str, docker: Path) -> None:
    with pytest.raises(ZeroDivisionError), still(how, ["web"]):
        raise ZeroDivisionError
    assert told(docker) == [f"{how} web", f"{back} web"]


def test_containers_go_on_when_the_run_is_killed(docker: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline().strip() == "still"
        holder.send_signal(signal.SIGKILL)
    while told(docker) != ["pause web", "unpause web"]:
        time.sleep(0.05)


def test_a_container_that_does_not_go_on_is_a_failure(docker: Path) -> None:
    (docker / "failing").write_text("unpause", encoding="utf-8")
    with pytest.raises(TroubleError, match="`docker unpause` failed of web"), still("pause", ["web"]):
        pass


def test_what_was_stopped_when_the_server_went_down_is_started_by_the_next_run(docker: Path) -> None:
    (docker / "stopped").mkdir()
    (docker / "stopped" / "web").touch()
    (docker / "state").write_text(STOPPED, encoding="utf-8")
    start_left_over()
    assert told(docker) == ["start web"]
    assert not list((docker / "stopped").iterdir())
