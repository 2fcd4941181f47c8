"""The provider `host` over gRPC, its agent a process on this machine in place of one behind ssh."""

import os
import shlex
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from infra.host.plugin import bootstrap
from infra.host.plugin.host import HostProvider
from infra.host.plugin.values import UNKNOWN, Properties, Secret, decode, encode
from infra.host.ssh import Connection
from tests.plugin.wire import Wire, connected, partial_failure

CANARY = "canary-77aa"
OWNER = {"owner": str(os.getuid()), "group": str(os.getgid())}


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::slipway::slipway:server:Server$host:index:{kind}::thing"


def launch_here(connection: Connection, user: str) -> list[str]:
    """Start the agent as ssh would have the server's shell do; some users are turned away."""
    if user == "stranger":
        return ["sh", "-c", f"echo '{user}@{connection.host}: Permission denied (publickey).' >&2; exit 255"]
    if user == "powerless":
        return ["sh", "-c", "echo 'sudo: a password is required' >&2; exit 1"]
    if user == "mortal":
        return ["sh", "-c", "echo '{\"ready\": true}'; read line; read line; exit 1"]
    words = shlex.split(bootstrap.agent_command(as_root=True))
    greeting = "echo 'You have mail.'; exec "
    return ["sh", "-c", greeting + shlex.join([sys.executable, *words[1:]])]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with connected(HostProvider(launch_here), urn("File")) as connection:
        connection.configure(host="server.test", user="deploy")
        yield connection


def a_file(path: Path, content: object = "wanted") -> Properties:
    return {"path": str(path), "content": content, "mode": "0600", **OWNER}


def failed(wire: Wire, inputs: Properties) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        wire.create(inputs)
    return error.value


def test_a_file_lives_from_create_to_delete(wire: Wire, tmp_path: Path) -> None:
    inputs = a_file(tmp_path / "file")
    identity, created = wire.create(inputs)
    assert identity == str(tmp_path / "file")
    assert created == {**inputs, "sha256": sha256(b"wanted").hexdigest()}
    assert wire.read(identity, inputs, created) == (identity, inputs, created)
    changed = a_file(tmp_path / "file", "changed")
    assert wire.update(identity, created, changed)["sha256"] == sha256(b"changed").hexdigest()
    assert (tmp_path / "file").read_text() == "changed"
    wire.delete(identity, created)
    assert wire.read(identity, inputs, created) == ("", {}, {})


def test_drift_is_read_as_inputs(wire: Wire, tmp_path: Path) -> None:
    inputs = a_file(tmp_path / "file")
    identity, created = wire.create(inputs)
    (tmp_path / "file").write_text("drifted")
    (tmp_path / "file").chmod(0o666)
    _, found, _ = wire.read(identity, inputs, created)
    marker = f"<differs on the server: sha256 {sha256(b'drifted').hexdigest()}, 1 line>"
    assert found == {**inputs, "mode": "0666", "content": marker}
    assert {*wire.diff(found, inputs).detailedDiff} == {"content", "mode"}


def test_a_secret_file_never_shows_in_an_answer(wire: Wire, tmp_path: Path) -> None:
    inputs = a_file(tmp_path / "file", Secret(CANARY))
    checked = decode(wire.check(inputs).inputs)
    _, previewed = wire.create(checked, preview=True)
    identity, created = wire.create(checked)
    (tmp_path / "file").write_text(f"{CANARY} drifted")
    _, found, outputs = wire.read(identity, checked, created)
    for answer in (checked, previewed, created, found, outputs):
        assert isinstance(answer["content"], Secret)
        assert CANARY not in str(answer)
    for answer in (previewed, created, outputs):
        assert isinstance(answer["sha256"], Secret)


def test_a_preview_needs_no_server_and_knows_the_sum_of_known_content(tmp_path: Path) -> None:
    with connected(HostProvider(), urn("File")) as wire:
        wire.configure(host="server.invalid")
        _, outputs = wire.create(a_file(tmp_path / "file"), preview=True)
        assert outputs["sha256"] == sha256(b"wanted").hexdigest()
        _, outputs = wire.create(a_file(tmp_path / "file", UNKNOWN), preview=True)
        assert outputs["sha256"] is UNKNOWN
        wire.urn = urn("User")
        _, outputs = wire.create({"name": "deploy", "uid": 1000}, preview=True)
        assert (outputs["uid"], outputs["home"]) == (1000, UNKNOWN)


def test_check_tells_every_mistake_by_property(wire: Wire) -> None:
    failures = wire.check({"path": "relative", "contents": "x"}).failures
    assert {failure.property: failure.reason for failure in failures} == {
        "content": "is required",
        "contents": "is not a property of File; did you mean content?",
    }


def test_a_changed_path_is_a_replacement(wire: Wire) -> None:
    response = wire.diff({"path": "/a", "content": "x"}, {"path": "/b", "content": "x"})
    assert list(response.replaces) == ["path"]


def test_a_creation_that_failed_half_way_keeps_the_resource(wire: Wire, tmp_path: Path) -> None:
    wire.urn = urn("Directory")
    left = partial_failure(failed(wire, {"path": str(tmp_path / "new"), "mode": "0700", "owner": "nobody-here"}))
    assert left.id == str(tmp_path / "new")
    assert list(left.reasons) == ["there is no user nobody-here on server.test"]
    assert decode(left.properties)["mode"] == "0755", "what is really there"


def test_an_error_of_the_agent_is_its_sentence(wire: Wire, tmp_path: Path) -> None:
    error = failed(wire, a_file(tmp_path))
    assert error.details() == f"{tmp_path} is a folder and cannot become a file"


def test_a_resource_cannot_be_imported_and_the_error_says_what_to_do(wire: Wire) -> None:
    with pytest.raises(grpc.RpcError) as error:
        wire.read("/etc/hostname", {}, {})
    assert "declare it, and `pulumi up` takes over what is there" in str(error.value.details())


@pytest.mark.parametrize("unwelcome", ["stranger", "powerless"])
def test_the_bootstrap_user_signs_in_where_the_user_is_not_welcome(tmp_path: Path, unwelcome: str) -> None:
    with connected(HostProvider(launch_here), urn("File")) as wire:
        wire.configure(host="server.test", user=unwelcome, bootstrapUser="root")
        wire.create(a_file(tmp_path / "file"))
    assert (tmp_path / "file").exists()


def test_both_refusals_are_told_and_nobody_tries_again(tmp_path: Path) -> None:
    with connected(HostProvider(launch_here), urn("File")) as wire:
        wire.configure(host="server.test", user="powerless", bootstrapUser="stranger")
        sentences = {str(failed(wire, a_file(tmp_path / "file")).details()) for _ in range(2)}
    refusals = "server.test refused sudo to powerless: it needs sudo without a password or a terminal"
    assert sentences == {f"{refusals}; and server.test refused the login of stranger"}


def test_a_lost_connection_is_told(tmp_path: Path) -> None:
    with connected(HostProvider(launch_here), urn("File")) as wire:
        wire.configure(host="server.test", user="mortal")
        error = failed(wire, a_file(tmp_path / "file"))
    assert error.details() == "the connection to server.test was lost before it answered"


def test_after_a_cancel_nothing_is_begun(wire: Wire, tmp_path: Path) -> None:
    wire.create(a_file(tmp_path / "before"))
    wire.stub.Cancel(empty_pb2.Empty())
    assert failed(wire, a_file(tmp_path / "after")).details() == "the update was interrupted"


def test_vacate_takes_exactly_its_arguments(wire: Wire) -> None:
    response = wire.invoke("host:index:vacate", {"kind": "container", "name": "web"})
    assert [failure.property for failure in response.failures] == ["product"]


def test_every_mistake_of_a_configuration_is_told_without_a_value(wire: Wire) -> None:
    config = {"port": "0", "hostKey": CANARY, "knownHosts": "x", "nonsense": "x", "user": 3}
    request = provider_pb2.CheckRequest(urn="urn:pulumi:dev::slipway::pulumi:providers:host::p", news=encode(config))
    failures = wire.stub.CheckConfig(request).failures
    assert {failure.property for failure in failures} == {"host", "port", "hostKey", "knownHosts", "nonsense", "user"}
    assert CANARY not in str(failures)


def changed(wire: Wire, before: Properties, after: Properties) -> provider_pb2.DiffResponse:
    provider = "urn:pulumi:dev::slipway::pulumi:providers:host::p"
    request = provider_pb2.DiffRequest(urn=provider, id="1", old_inputs=encode(before), news=encode(after))
    response: provider_pb2.DiffResponse = wire.stub.DiffConfig(request)
    return response


def test_another_key_leads_to_the_same_server(wire: Wire) -> None:
    response = changed(wire, {"host": "a.test", "user": "root"}, {"host": "a.test", "user": "deploy", "port": "22"})
    assert response.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert not response.replaces


def test_another_address_is_read_before_anything_is_compared(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(grpc.RpcError) as error:
        changed(wire, {"host": "a.test"}, {"host": "b.test", "port": "2222"})
    assert "reached at b.test:2222, and what was read is what is at a.test:22" in (error.value.details() or "")
    assert "PULUMI_RUN_PROGRAM=true" in (error.value.details() or "")
    monkeypatch.setenv("PULUMI_RUN_PROGRAM", "true")
    assert not changed(wire, {"host": "a.test"}, {"host": "b.test"}).replaces


def test_a_read_that_cannot_sign_in_says_whose_key_it_used(wire: Wire, tmp_path: Path) -> None:
    wire.configure(host="server.test", user="stranger")
    inputs = a_file(tmp_path / "file")
    with pytest.raises(grpc.RpcError) as error:
        wire.read(str(tmp_path / "file"), inputs, inputs)
    assert "That is how the last run signed in" in (error.value.details() or "")
