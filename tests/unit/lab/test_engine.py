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


def test_an_engine_that_does_not_answer_yet_is_waited_for(
    numbers: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dockerd"
    program.symlink_to(shutil.which("sleep") or "")
    with subprocess.Popen([program, "600"]) as process:
        numbers["dockerd"].write_text(str(process.pid), encoding="ascii")
        answers = iter([False, True])
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        monkeypatch.setattr(engine, "answers", lambda: next(answers))
        monkeypatch.setattr(engine, "docker", lambda *_: "26")
        monkeypatch.setattr(engine, "_spawn", lambda _: pytest.fail("a second engine is started"))
        monkeypatch.setattr(Path, "is_dir", lambda _: False)
        try:
            engine._start()
        finally:
            process.kill()
    assert numbers["dockerd"].exists()
