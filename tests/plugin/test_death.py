"""The plugin as a process: it tells its port, and never outlives the engine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2

from infra.host.plugin import host
from tests.plugin.server_here import CHANGED, TRIES, ServerHere, wanted
from tests.plugin.wire import Wire

LAUNCHER = Path(host.__file__).parent / "pulumi-resource-host"
# Stands for the engine: starts the plugin, passes its port on, and waits.
_ENGINE = """
import subprocess, sys
plugin = subprocess.Popen([sys.argv[1], "127.0.0.1:1"], stdout=subprocess.PIPE, text=True)
print(plugin.pid, plugin.stdout.readline(), flush=True)
plugin.wait()
"""


class Engine:
    """A process that has started the plugin."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ENGINE, str(LAUNCHER)], stdout=subprocess.PIPE, text=True, cwd="/"
        )
        assert self.process.stdout
        plugin, port = self.process.stdout.readline().split()
        self.plugin, self.port = int(plugin), int(port)

    def plugin_ends(self) -> bool:
        """Wait until the plugin is gone."""
        for _ in range(TRIES):
            if not _runs(self.plugin):
                return True
            time.sleep(0.1)
        return False


def _runs(process: int) -> bool:
    try:
        # One that has ended and that nobody has waited for does not run.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def engine() -> Iterator[Engine]:
    started = Engine()
    yield started
    with started.process:
        started.process.kill()


def test_the_launcher_tells_its_port_from_any_folder(engine: Engine) -> None:
    wire = Wire(engine.port, "")
    assert wire.stub.GetPluginInfo(empty_pb2.Empty()).version == host.HostProvider.version
    wire.channel.close()


def test_the_plugin_is_gone_when_the_engine_is_killed(engine: Engine) -> None:
    engine.process.kill()
    assert engine.plugin_ends()


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_the_plugin_ends_when_the_engine_asks(engine: Engine, request_to_end: signal.Signals) -> None:
    os.kill(engine.plugin, request_to_end)
    assert engine.plugin_ends()


def test_the_plugin_ends_when_the_engine_was_gone_before_it_spoke() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen([LAUNCHER, "127.0.0.1:1"], stdout=writing) as plugin:
        os.close(writing)
        assert plugin.wait(120) == 1


def test_a_change_on_trial_is_put_back_when_the_plugin_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ServerHere(tmp_path, monkeypatch)
    server.put_rule()
    server.let_in(script="exec sleep 30")
    started = Engine()
    wire = Wire(started.port, "urn:pulumi:dev::slipway::host:index:SudoersFile::thing")
    wire.configure(host="server.test", user="deploy")
    request: Any = wire.stub.Create.future(wire.create_request(wanted()))
    server.wait_for_knock()
    assert server.rule.read_text() == CHANGED
    os.kill(started.plugin, signal.SIGKILL)
    assert server.has_rule_as_before()
    assert request.exception()
    wire.channel.close()
    with started.process:
        started.process.kill()
