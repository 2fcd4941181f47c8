"""What the unit tests of kinds have, and a server with UFW."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.host.ufw_server import UfwServer, declare, ufw
from tests.unit.host.conftest import (
    command,
    docker_engine,
    edge_folder,
    locks,
    releases_noted,
    request_handled,
    request_sent,
    routes,
)

__all__ = [
    "command",
    "docker_engine",
    "edge_folder",
    "locks",
    "releases_noted",
    "request_handled",
    "request_sent",
    "routes",
]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], Path]) -> UfwServer:
    """Return a server with UFW as its package leaves it; modules about something else have a server of their own."""
    return UfwServer(tmp_path, monkeypatch, command)


@pytest.fixture
def enabled(server: UfwServer) -> UfwServer:
    """Return a server with two declared rules and UFW enabled."""
    declare()
    ufw().apply()
    server.log.write_text("")
    return server
