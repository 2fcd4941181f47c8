"""A request to handle a kind in, a server's commands and a Docker Engine that are none."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from infra.host.agent import history, places, product_lock, route
from infra.host.agent.request import Request, Run, enter
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.host.edge import Edge


@pytest.fixture
def request_sent() -> list[dict[str, Any]]:
    """Return what the agent has told the plugin about its progress."""
    return []


@pytest.fixture(autouse=True)
def request_handled(request_sent: list[dict[str, Any]]) -> Request:
    """Return the request that kinds are handled in."""
    handled = Request(
        number=1,
        message={"want": {}},
        host="server.test",
        run=Run(id="00000001", actor="ops@laptop"),
        stop=Event(),
        send=request_sent.append,
    )
    enter(handled)
    return handled


@pytest.fixture(autouse=True)
def releases_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the release records, of an agent that has just started."""
    monkeypatch.setattr(places, "HISTORY", tmp_path / "history")
    monkeypatch.setattr(history, "_going_on", {})
    return tmp_path / "history"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Return a function that puts a program on PATH; it logs its arguments and then runs the given shell text."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, script: str = "") -> Path:
        log = tmp_path / f"{name}.log"
        log.touch()
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "$*" >> {log}\n{script}\n')
        program.chmod(0o755)
        return log

    return put


@pytest.fixture
def docker_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DockerEngine]:
    """Return an engine that listens where the agent looks for one."""
    # Not below pytest's own folder: the path of a socket is at most 107 bytes long.
    with tempfile.TemporaryDirectory() as folder, DockerEngine(Path(folder) / "docker.sock") as engine:
        monkeypatch.setattr(places, "DOCKER_SOCKET", engine.socket)
        monkeypatch.setattr(places, "ATTACHMENTS", tmp_path / "attachments")
        yield engine


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the product locks, of an agent that holds none."""
    monkeypatch.setattr(places, "LOCKS", tmp_path / "locks")
    monkeypatch.setattr(product_lock, "_held", {})
    return tmp_path / "locks"


@pytest.fixture
def edge_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker_engine: DockerEngine, locks: Path
) -> Iterator[Path]:
    """Return the folder of an edge that runs."""
    assert not locks.exists()
    with Edge(tmp_path) as edge:
        monkeypatch.setattr(places, "EDGE_CONFIRM_PORT", edge.server_port)
        for name in ("_POLL_SECONDS", "_CERTIFICATE_POLL_SECONDS"):
            monkeypatch.setattr(route, name, 0.01)
        # One that stands still with this machine has not failed to answer.
        monkeypatch.setattr(places, "EDGE_ANSWER_SECONDS", 120)
        docker_engine.container("edge", {}, networks={places.EDGE_NETWORK: {"IPAddress": "127.0.0.1"}})
        Thread(target=edge.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield tmp_path
        edge.shutdown()


@pytest.fixture
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "ROUTES", tmp_path)
    return tmp_path


def lines(log: Path) -> list[str]:
    """Return how a program was called."""
    return log.read_text().splitlines()


def changes_of(path: Path) -> tuple[int, int]:
    """Return what changes whenever a file is written, replaced or given another mode, but not when it is read."""
    status = path.lstat()
    return status.st_ino, status.st_ctime_ns
