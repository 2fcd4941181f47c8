"""A change that could lock people out, from the engine's request to the new connection that decides on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from infra.host.plugin.host import HostProvider
from tests.plugin.server_here import CHANGED, REFUSE, RULE, ServerHere, wanted
from tests.plugin.wire import Wire, connected

URN = "urn:pulumi:dev::slipway::slipway:server:Server$host:index:SudoersFile::thing"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerHere:
    here = ServerHere(tmp_path, monkeypatch)
    here.put_rule()
    return here


@pytest.fixture
def wire(server: ServerHere) -> Iterator[Wire]:
    assert not server.knocks()
    with connected(HostProvider(), URN) as connection:
        connection.configure(host="server.test", user="deploy")
        yield connection


def error_of(wire: Wire) -> str:
    with pytest.raises(grpc.RpcError) as error:
        wire.create(wanted())
    return str(error.value.details())


def test_a_change_stays_when_the_deploy_user_signs_in_anew_and_becomes_root(wire: Wire, server: ServerHere) -> None:
    assert wire.create(wanted()) == (RULE, wanted())
    assert server.rule.read_text() == CHANGED
    assert server.knocks() == ["sudo -n true"], "one attempt: a server bans whoever fails often"


def test_a_change_that_locks_the_deploy_user_out_is_put_back_in_one_sentence(wire: Wire, server: ServerHere) -> None:
    server.let_in(script=REFUSE)
    assert error_of(wire) == (
        f"SudoersFile {RULE} is not kept, because signing in anew failed after the change: "
        f"server.test refused the login of deploy; put back: {server.rule}"
    )
    assert server.has_rule_as_before()
    assert server.knocks() == ["sudo -n true"]


def test_what_is_as_wanted_asks_nobody_to_sign_in(wire: Wire, server: ServerHere) -> None:
    wire.create(wanted())
    wire.create(wanted())
    assert len(server.knocks()) == 1


def test_a_removal_is_confirmed_too(wire: Wire, server: ServerHere) -> None:
    server.let_in(script=REFUSE)
    with pytest.raises(grpc.RpcError):
        wire.delete(RULE, wanted())
    assert server.has_rule_as_before()
    server.let_in()
    wire.delete(RULE, wanted())
    assert not server.rule.exists()


def test_a_connection_lost_before_the_confirmation_is_told_with_what_becomes_of_the_change(
    wire: Wire, server: ServerHere
) -> None:
    # The ssh that the agent is talked to by ends, as a connection does that the change itself cuts.
    server.let_in(script=f"kill -9 $(cat {server.folder}/ssh.pid); exit 255")
    assert error_of(wire) == (
        "the connection to server.test was lost before it answered; "
        f"what it had changed of SudoersFile {RULE} is put back there within 100 s"
    )
    assert server.has_rule_as_before()


def test_an_interrupted_change_is_put_back_without_waiting_for_the_new_connection(
    wire: Wire, server: ServerHere
) -> None:
    server.let_in(script="exec sleep 600")
    request: Any = wire.stub.Create.future(wire.create_request(wanted()))
    server.wait_for_knock()
    wire.stub.Cancel(empty_pb2.Empty())
    assert request.exception().details() == f"interrupted; put back: {server.rule}"
    assert server.has_rule_as_before()
