"""The lab's stand-in for GitHub: the files that its container gets, run as a process of this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.lab import github
from tests.ports import free_ports

TOKEN = "canary-token-of-the-lab"
PATIENCE_SECONDS = 300


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file with the lab's token."""
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    monkeypatch.setattr(github, "GITHUB_TOKEN", path)
    monkeypatch.setattr(github, "TIMEOUT_SECONDS", PATIENCE_SECONDS)
    return path


@contextmanager
def started(folder: Path, token: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run the stand-in in a folder with nothing but what its container gets; give its address."""
    for path, content in github.contents().items():
        written = folder / path.lstrip("/")
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(content.text, encoding="utf-8")
    (port,) = free_ports(1)
    words = [sys.executable, "-B", "-m", "tests.github_standin", *github.arguments(str(token)), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(words, cwd=folder / "srv", env=environment) as process:
        try:
            yield f"127.0.0.1:{port}", process
        finally:
            process.terminate()


def answers(place: str, process: "subprocess.Popen[bytes]") -> bool:
    """Ask until somebody listens."""
    while process.poll() is None:
        try:
            return github.knows_token(place)
        except OSError:
            time.sleep(0.02)
    return False


def post(address: str, token: str) -> httpx.Response:
    """Ask for a repository."""
    wanted, signed = {"name": "shop", "visibility": "private"}, {"Authorization": f"Bearer {token}"}
    return httpx.post(address, json=wanted, headers=signed, timeout=PATIENCE_SECONDS)


def test_it_lets_in_who_has_the_token_and_nobody_else(tmp_path: Path, token: Path) -> None:
    with started(tmp_path, token) as (place, process):
        assert answers(place, process)
        repositories = f"http://{place}/api/v3/orgs/acme/repos"
        refused = post(repositories, "guessed")
        assert refused.status_code == httpx.codes.UNAUTHORIZED
        taken = post(repositories, TOKEN)
        assert taken.status_code == httpx.codes.CREATED
        token.write_text("another\n")
        assert not github.knows_token(place)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def test_the_token_is_on_no_command_line() -> None:
    assert all(TOKEN not in word for word in github.arguments("/etc/slipway-lab/token"))


def test_the_token_in_the_container_is_for_the_stand_in_alone(token: Path) -> None:
    content = github.contents()[github.TOKEN]
    assert (content.text, content.mode, content.user) == (token.read_text(), 0o400, github.NOBODY)
