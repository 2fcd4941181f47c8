"""A preview of what somebody has set up by hand, over gRPC; the server is a folder of this machine."""

import os
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc
from typing_extensions import override

from infra.host.plugin import base, server
from infra.host.plugin.host import HostProvider
from infra.host.plugin.server import launch_by_ssh
from infra.host.plugin.values import UNKNOWN, Properties, Secret
from infra.host.ssh import Connection
from tests.plugin.server_here import FORMER, RULE, ServerHere, wanted
from tests.plugin.wire import Wire, connected

CANARY = "canary-93fe"
OWNER = {"owner": str(os.getuid()), "group": str(os.getgid())}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH"
PASSWD = """\
root:x:0:0:root:{0}/root:/bin/bash
postgres:x:112:118::/var/lib/postgresql:/bin/bash
deploy:x:1000:1000::{0}/home/deploy:/bin/bash
bob:x:1001:1001::{0}/home/bob:/bin/bash
robot:x:1002:1002::/nowhere:/usr/sbin/nologin
"""


class Engine(engine_pb2_grpc.EngineServicer):
    """Hears what a provider says."""

    def __init__(self) -> None:
        self.heard: SimpleQueue[Any] = SimpleQueue()

    @override
    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Take note."""
        self.heard.put(request)
        return empty_pb2.Empty()

    def remarks(self, *, ephemeral: bool) -> list[str]:
        """Return what was said since somebody last asked."""
        heard = [self.heard.get() for _ in range(self.heard.qsize())]
        return [each.message for each in heard if each.ephemeral == ephemeral]

    def statuses(self) -> list[str]:
        """Return what passes."""
        return self.remarks(ephemeral=True)

    def notes(self) -> list[str]:
        """Return what stays, line by line."""
        return [line for note in self.remarks(ephemeral=False) for line in note.splitlines()]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up nobody because this machine stands still."""
    monkeypatch.setattr(server, "_PREVIEW_SECONDS", 120)
    monkeypatch.setattr(base, "_LOG_SECONDS", 120)


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str]]:
    heard = Engine()
    listening = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(heard, listening)
    address = f"127.0.0.1:{listening.add_insecure_port('127.0.0.1:0')}"
    listening.start()
    yield heard, address
    listening.stop(grace=None).wait()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerHere:
    found = ServerHere(tmp_path, monkeypatch)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text(PASSWD.format(tmp_path))
    return found


@contextmanager
def serving(provider: HostProvider, address: str, **config: Any) -> Iterator[Wire]:
    """Serve a configured provider that speaks to an engine."""
    provider.engine_address = address
    with connected(provider, urn("File", "main-motd")) as wire:
        wire.configure(**{"host": "server.test", "user": "deploy", **config})
        yield wire


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::slipway::host:index:{kind}::{name}"


def a_file(path: Path, content: object = "wanted\n") -> Properties:
    return {"path": str(path), "content": content, "mode": "0600", **OWNER}


def told_of_undeclared(wire: Wire, engine: Engine, **inputs: Any) -> list[str]:
    """Return what is told when the program declares what it knows."""
    wire.urn = urn("Undeclared", "main")
    assert not wire.check({"users": ["deploy"], **inputs}).failures
    return engine.notes()


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all there is on the server, but for the pid that the stand-in for ssh leaves."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name != "ssh.pid":
            status = path.stat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (status.st_mode, status.st_mtime_ns if path.is_file() else 0, content)
    return found


def test_each_resource_is_compared_and_all_of_them_are_summed_up(here: ServerHere, engine: tuple[Engine, str]) -> None:
    same, other = here.folder / "same", here.folder / "other"
    for path, content in ((same, "wanted\n"), (other, "mine\n\n")):
        path.write_text(content)
        path.chmod(0o600)
    other.chmod(0o644)
    with serving(HostProvider(), engine[1]) as wire:
        for path in (same, other, here.folder / "new"):
            wire.create(a_file(path), preview=True)
        assert engine[0].statuses() == [
            "already so",
            "changes content (differs: 2 lines there, 1 wanted), mode 0644 to 0600",
            "is not there yet",
        ]
        assert told_of_undeclared(wire, engine[0])[:2] == [
            "main: 1 already so, 1 to change, 1 new",
            "  File main-motd: content (differs: 2 lines there, 1 wanted), mode 0644 to 0600",
        ]
        assert not any("already so" in line for line in told_of_undeclared(wire, engine[0])), "it is told once"


def test_changes_alike_are_told_once(here: ServerHere, engine: tuple[Engine, str]) -> None:
    with serving(HostProvider(), engine[1]) as wire:
        for number in range(3):
            path = here.folder / f"file-{number}"
            path.write_text("wanted\n")
            path.chmod(0o644)
            wire.urn = urn("File", f"main-{number}")
            wire.create(a_file(path), preview=True)
        assert told_of_undeclared(wire, engine[0])[:2] == [
            "main: 3 to change",
            "  File main-0 and 2 more: mode 0644 to 0600",
        ]


def test_a_secret_is_told_of_neither_side(here: ServerHere, engine: tuple[Engine, str]) -> None:
    setting = here.folder / "app.conf"
    setting.write_text(f"password={CANARY}-old\n")
    with serving(HostProvider(), engine[1]) as wire:
        wire.create(a_file(setting, Secret(f"{CANARY}-new")), preview=True)
        wire.urn = urn("Setting", "main-password")
        inputs = {"file": str(setting), "key": "password", "value": Secret(f"{CANARY}-new"), "separator": "="}
        wire.create(inputs, preview=True)
        heard = [*engine[0].statuses(), *told_of_undeclared(wire, engine[0])]
    assert "changes value (differs: 1 line there, 1 wanted)" in heard
    assert CANARY not in str(heard)


def test_what_is_known_is_compared_where_the_rest_is_not(here: ServerHere, engine: tuple[Engine, str]) -> None:
    path = here.folder / "file"
    path.write_text("anything")
    path.chmod(0o644)
    with serving(HostProvider(), engine[1]) as wire:
        wire.create(a_file(path, UNKNOWN), preview=True)
        wire.create({**a_file(path), "path": UNKNOWN}, preview=True)
        assert engine[0].statuses() == ["changes mode 0644 to 0600", "not compared: its path is not known yet"]


@pytest.mark.usefixtures("here")
def test_a_resource_that_cannot_be_read_is_told_and_the_preview_goes_on(engine: tuple[Engine, str]) -> None:
    with serving(HostProvider(), engine[1]) as wire:
        wire.urn = urn("NetworkAttachment", "main-edge-shop")
        wire.create({"container": "edge", "network": "shop"}, preview=True)
        assert "not compared: the Docker Engine of server.test does not answer" in engine[0].statuses()[0]
        total, reason = told_of_undeclared(wire, engine[0])[:2]
    assert total == "main: 1 not compared"
    assert reason.startswith("  NetworkAttachment main-edge-shop: not compared: the Docker Engine of server.test")


def test_a_preview_changes_nothing_on_a_server(here: ServerHere, engine: tuple[Engine, str]) -> None:
    here.put_rule()
    (here.folder / "rescue").mkdir()
    (here.folder / "rescue" / "pending").write_text("left by a run that was killed")
    before = snapshot(here.folder)
    with serving(HostProvider(), engine[1]) as wire:
        wire.create(a_file(here.folder / "folder" / "file"), preview=True)
        wire.urn = urn("SudoersFile", "main-deploy-sudo")
        wire.create(wanted(), preview=True)
        assert told_of_undeclared(wire, engine[0], exclusive=["users"], firewall=True)
        assert snapshot(here.folder) == before
    assert here.knocks() == []


def test_a_server_that_is_not_there_is_tried_once_and_told_once(engine: tuple[Engine, str], tmp_path: Path) -> None:
    attempts: list[str] = []

    def launch(_: Connection, user: str) -> list[str]:
        attempts.append(user)
        return ["sh", "-c", "echo 'ssh: connect to host server.test port 22: No route to host' >&2; exit 255"]

    with serving(HostProvider(launch), engine[1], bootstrapUser="root") as wire:
        for number in range(20):
            wire.create(a_file(tmp_path / str(number)), preview=True)
        assert engine[0].statuses() == []
        assert told_of_undeclared(wire, engine[0]) == [
            "main: not compared with what is there: server.test does not answer to user deploy: No route to host"
        ]
    assert attempts == ["deploy"]


def test_a_server_that_answers_nothing_holds_all_resources_up_once(
    engine: tuple[Engine, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PREVIEW_SECONDS", 0.2)
    attempts: list[str] = []

    def launch(_: Connection, user: str) -> list[str]:
        attempts.append(user)
        return ["sleep", "600"]

    with serving(HostProvider(launch), engine[1]) as wire, futures.ThreadPoolExecutor(8) as pool:
        requests = [wire.create_request(a_file(tmp_path / str(number)), preview=True) for number in range(8)]
        list(pool.map(wire.stub.Create, requests))
        assert "does not answer to user deploy" in told_of_undeclared(wire, engine[0])[0]
    assert attempts == ["deploy"]


def test_without_a_key_nobody_tries_to_sign_in(engine: tuple[Engine, str], tmp_path: Path) -> None:
    attempts: list[str] = []

    def launch(_: Connection, user: str) -> list[str]:
        attempts.append(user)
        return ["false"]

    key = tmp_path / "deploy"
    with serving(HostProvider(launch), engine[1], identityFile=str(key)) as wire:
        wire.create(a_file(tmp_path / "file"), preview=True)
        assert told_of_undeclared(wire, engine[0]) == [
            f"main: not compared with what is there: there is no key {key} to sign in to server.test with"
        ]
    assert attempts == []


def test_an_update_still_waits_for_a_server_that_a_preview_gave_up(
    here: ServerHere, engine: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PREVIEW_SECONDS", 0)
    commands = iter([["sleep", "600"]])

    def launch(connection: Connection, user: str) -> list[str]:
        return next(commands, None) or launch_by_ssh(connection, user)

    with serving(HostProvider(launch), engine[1]) as wire:
        wire.create(a_file(here.folder / "file"), preview=True)
        assert engine[0].statuses() == []
        wire.create(a_file(here.folder / "file"))
    assert (here.folder / "file").read_text() == "wanted\n"


def test_what_nobody_declared_is_told_sort_by_sort(here: ServerHere, engine: tuple[Engine, str]) -> None:
    (here.rule.parent / "90-cloud-init-users").write_text(FORMER)
    (here.rule.parent / RULE).write_text(FORMER)
    for user, key in (("root", KEY), ("home/deploy", f"restrict {KEY} ops@laptop")):
        keys = here.folder / user / ".ssh" / "authorized_keys"
        keys.parent.mkdir(parents=True)
        keys.write_text(f"# mine\n{key}\n")
    with serving(HostProvider(), engine[1]) as wire:
        told = told_of_undeclared(wire, engine[0])
        assert [line.partition(": ssh-ed25519 SHA256")[0] for line in told] == [
            "main: 1 user not declared, left alone: bob",
            "main: 1 file in /etc/sudoers.d not declared, left alone: 90-cloud-init-users",
            "main: 1 key of a declared user not declared, left alone: deploy",
            "main: 1 key of another user not declared, left alone: root",
        ]
        assert told[2].endswith(" ops@laptop")
        told = told_of_undeclared(wire, engine[0], keys=[KEY], exclusive=["users"])
        assert told[0] == "main: 1 user not declared, locked and expired by an update: bob"
        assert not any("declared user" in line for line in told), "its key has been declared"
