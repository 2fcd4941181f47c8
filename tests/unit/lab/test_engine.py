"""The machine's engine is started where none is at work, whatever a killed one has left."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab import engine


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return the files with the numbers of the engine's processes, in a folder of the test's own."""
    files = {program: tmp_path / f"{program}.pid" for program in engine.PID_FILES}
    monkeypatch.setattr(engine, "PID_FILES", files)
    return files


def test_the_numbers_of_a_dead_engine_that_others_have_now_are_forgotten(numbers: dict[str, Path]) -> None:
    for path in numbers.values():
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    assert not engine._is_alive()
    assert not any(path.exists() for path in numbers.values())


def test_an_empty_file_is_that_of_a_dead_engine(numbers: dict[str, Path]) -> None:
    numbers["dockerd"].write_text("", encoding="ascii")
    assert not engine._is_alive()
    assert not numbers["dockerd"].exists()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `docker` on PATH whose engine answers from the second time on, and a `dockerd` that ends."""
    folder = tmp_path / "bin"
    folder.mkdir()
    asked = f'test "$1" = version || test -e {folder}/asked || {{ touch {folder}/asked; exit 1; }}'
    for name, script in {"docker": asked, "dockerd": "exit 1"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "LOG", tmp_path / "log")
    monkeypatch.setattr(engine, "SYSTEMD", tmp_path / "no-systemd")
    return folder


def test_an_engine_that_does_not_answer_yet_is_waited_for(
    numbers: dict[str, Path], tmp_path: Path, programs: Path
) -> None:
    program = tmp_path / "dockerd"
    program.symlink_to(shutil.which("sleep") or "")
    with subprocess.Popen([program, "600"]) as process:
        numbers["dockerd"].write_text(str(process.pid), encoding="ascii")
        try:
            engine._start()
        finally:
            process.kill()
    assert (programs / "asked").exists(), "it answered at once"
    assert not engine.LOG.exists(), "a second engine was started"
    assert numbers["dockerd"].exists()
