"""What the unit tests of the command have, programs that it calls, and GitHub."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.preview import github
from tests.github_standin.server import GitHubStandIn, running
from tests.github_standin.world import ACTIONS, Account, World
from tests.unit.cli.conftest import project, slipway

__all__ = ["project", "slipway"]

Program = Callable[[str, str], Path]
TOKEN = "canary-token-90b1"
OTHERS = "canary-token-55aa"
READER = "canary-token-1c2d"
"""Tokens of the run of a workflow, of somebody else, and of a run that may only read."""


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


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubStandIn]:
    """Run a stand-in for GitHub, signed in to as the run of a workflow; nobody waits in earnest."""
    accounts = {
        TOKEN: Account(login=ACTIONS, is_installation=True),
        OTHERS: Account(login="bot-of-acme"),
        READER: Account(login=ACTIONS, is_installation=True, may_write=False),
    }
    world = World(accounts=accounts)
    with running(world) as standin:
        monkeypatch.setenv("GITHUB_API_URL", standin.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", world.repository)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setattr(github, "WAITS_SECONDS", (0.0, 0.0, 0.0))
        yield standin
