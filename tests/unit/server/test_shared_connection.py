"""The connection that the docker provider's requests share is left behind where a run may change its rights."""

import subprocess
from pathlib import Path

import pytest

from infra.host.ssh import Connection
from infra.server import shared_connection

CONNECTION = Connection(host="192.0.2.1", port=2222, user="deploy")


def control_path(words: list[str]) -> str:
    """Return the path of the control socket as OpenSSH understands a command line."""
    shown = subprocess.run(["ssh", "-G", "-F", "none", *words], check=True, capture_output=True, text=True).stdout
    return next(line.split()[1] for line in shown.splitlines() if line.startswith("controlpath "))


def test_it_is_left_by_the_path_that_the_docker_provider_makes_it_by(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {log}\nexit 255\n')
    program.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        shared_connection.leave(CONNECTION)
    stop, command, *others = log.read_text().splitlines()
    assert (stop, command) == ("-O", "stop")
    docker = [*shared_connection.OPTIONS, "-l", "deploy", "-p", "2222", "192.0.2.1"]
    assert control_path(others) == control_path(docker)


def test_one_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shared_connection, "_SECONDS", 0.1)
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        shared_connection.leave(CONNECTION)
