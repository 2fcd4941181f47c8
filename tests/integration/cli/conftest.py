"""What the unit tests of the command have, and programs that it calls."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import project, slipway

__all__ = ["project", "slipway"]

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return a way to put a small Python program on PATH, before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, source: str) -> Path:
        path = folder / name
        path.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return put
