"""A container of a database server, as the agent sees it: its `docker exec` leads to a server of this machine."""

import os
import shlex
from pathlib import Path
from threading import Event

import pytest

from infra.host.agent import docker
from infra.host.agent.request import Request, Run, enter
from tests.integration.services.postgres_server import SUPERUSER, PostgresServer

CONTAINER = "dev-shop-db"
_LEADS_THERE = """#!/bin/sh
while [ "$1" != psql ]; do shift; done
shift
exec {psql} "$@"
"""


def enter_container(server: PostgresServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the agent take a server for that of the container.

    Args:
        server: a running server.
        folder: gets a program of the name `docker`.
        monkeypatch: undoes it.
    """
    program = folder / "docker"
    program.write_text(_LEADS_THERE.format(psql=shlex.quote(str(server.folder / "psql"))))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    described = {"State": {"Running": True}, "Config": {"Env": [f"POSTGRES_USER={SUPERUSER}"]}}
    monkeypatch.setattr(docker, "container", lambda _: described)
    run = Run(id="00000001", actor="ops@laptop")
    enter(Request(number=1, message={"want": {}}, host="server.test", run=run, stop=Event(), send=lambda _: None))
