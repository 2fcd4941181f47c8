"""How the stand-in for docker reaches a daemon through ssh; a script stands for ssh and answers from this machine."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from infra.host.plugin.serving import start
from tests.lab.plugins.docker.connection import Address, UnreachableError
from tests.lab.plugins.docker.engine import Engine
from tests.lab.plugins.docker.provider import Docker
from tests.plugin.standins.client import CONTAINER, VOLUME, Client, sentence

_HOST = "ssh://deploy@server.test:2222"
_OPTIONS = ["-o", "BatchMode=yes", "-o", "ControlMaster=auto"]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an `ssh` first on PATH that joins the local daemon, and return the file in which it notes its arguments."""
    noted = tmp_path / "calls"
    noted.touch()
    _make_ssh(tmp_path, f'echo "$@" >> {noted}\nexec docker system dial-stdio')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/local/bin:/usr/bin:/bin")
    return noted


@pytest.fixture
def engine(daemon: str, calls: Path) -> Iterator[Engine]:
    """Return a daemon that is reached by the script."""
    assert daemon
    assert calls.exists()
    engine = Engine(Address(_HOST, tuple(_OPTIONS)))
    yield engine
    engine.close()


def test_ssh_is_called_as_dockers_own_client_calls_it(engine: Engine, calls: Path) -> None:
    assert engine.get("/version")["ApiVersion"]
    assert calls.read_text().split() == [
        *_OPTIONS,
        *("-o", "ConnectTimeout=30", "-T", "-l", "deploy", "-p", "2222"),
        *("--", "server.test", "docker", "system", "dial-stdio"),
    ]


def test_path_in_the_address_is_the_socket_on_the_server() -> None:
    command = Address("ssh://server.test/run/user/1000/docker.sock").command()
    assert command[-4:] == ["--host", "unix:///run/user/1000/docker.sock", "system", "dial-stdio"]


def test_requests_in_turn_share_one_connection(engine: Engine, calls: Path) -> None:
    for _ in range(5):
        engine.get("/version")
    assert len(calls.read_text().splitlines()) == 1


def test_requests_at_once_have_at_most_eight_connections(engine: Engine, calls: Path) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: engine.get("/version"), range(40)))
    assert len(answers) == 40
    assert len(calls.read_text().splitlines()) <= 8


def test_connection_that_ended_while_idle_is_replaced(engine: Engine, calls: Path) -> None:
    engine.get("/version")
    channel = engine._pool._idle[0]
    assert channel._process is not None
    channel._process.kill()
    channel._process.wait()
    assert engine.get("/version")["ApiVersion"]
    assert len(calls.read_text().splitlines()) == 2


def test_refused_sign_in_is_one_sentence_with_what_ssh_said(tmp_path: Path, calls: Path, engine: Engine) -> None:
    _make_ssh(tmp_path, 'echo "warning" >&2\necho "deploy@server.test: Permission denied (publickey)." >&2\nexit 255')
    with pytest.raises(UnreachableError) as raised:
        engine.get("/version")
    assert str(raised.value) == (
        f"cannot reach Docker at {_HOST}: ssh ended with status 255: deploy@server.test: Permission denied (publickey)."
    )
    assert calls.read_text() == ""


def test_missing_local_daemon_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"^cannot reach Docker at unix:///.*: FileNotFoundError$"):
        Engine(Address(f"unix://{tmp_path}/docker.sock")).get("/version")


@pytest.fixture
def remote() -> Iterator[Callable[[dict[str, str]], Client]]:
    """Return a maker of stand-ins with a configuration of their own."""
    closing: list[Callable[[], object]] = []

    def make(config: dict[str, str]) -> Client:
        provider = Docker()
        server, port = start(provider)
        client = Client("docker", port, config)
        closing.extend((client.close, lambda: server.stop(None).wait(), provider.close))
        return client

    yield make
    for close in closing:
        close()


def test_provider_takes_the_options_of_ssh_as_the_sdk_sends_them(
    remote: Callable[[dict[str, str]], Client], calls: Path, daemon: str, name: Callable[[str], str]
) -> None:
    assert daemon
    client = remote({"host": _HOST, "sshOpts": json.dumps(_OPTIONS)})
    created = client.create(VOLUME, {"name": name("data")})
    assert client.read(created) is not None
    client.delete(created)
    assert calls.read_text().startswith("-o BatchMode=yes -o ControlMaster=auto -o ConnectTimeout=30 ")


def test_preview_needs_no_connection(remote: Callable[[dict[str, str]], Client], calls: Path) -> None:
    client = remote({"host": _HOST})
    assert client.preview(CONTAINER, {"name": "a", "image": "b"})["name"] == "a"
    assert calls.read_text() == ""


def test_unreachable_server_fails_the_resource_in_one_sentence(
    remote: Callable[[dict[str, str]], Client], tmp_path: Path, calls: Path
) -> None:
    _make_ssh(tmp_path, 'echo "Host key verification failed." >&2; exit 255')
    client = remote({"host": _HOST})
    with pytest.raises(grpc.RpcError) as raised:
        client.create(VOLUME, {"name": "a"})
    assert "Host key verification failed." in sentence(raised.value)
    assert calls.read_text() == ""


@pytest.mark.parametrize(
    ("config", "property_"),
    [
        ({"host": "tcp://127.0.0.1:2375"}, "host"),
        ({"host": "server.test"}, "host"),
        ({"sshOpts": "-o BatchMode=yes"}, "sshOpts"),
        ({"sshOpts": "[1]"}, "sshOpts"),
        ({"registryAuth": "[]"}, "registryAuth"),
    ],
)
def test_configuration_it_cannot_follow_is_refused(
    remote: Callable[[dict[str, str]], Client], config: dict[str, str], property_: str
) -> None:
    assert list(remote({}).config_failures(config)) == [property_]


def _make_ssh(folder: Path, body: str) -> None:
    script = folder / "ssh"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
