"""The base of all providers over gRPC: secrets, unknown values, previews, errors."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from infra.host.plugin.values import UNKNOWN, Properties, Secret, decode
from tests.plugin.sample import URN, Sample, Thing
from tests.plugin.wire import Wire, connected, partial_failure

CANARY = "canary-3f1c"
SECRET_INPUTS: Properties = {"name": "a", "content": Secret(CANARY), "nested": {"list": [Secret(CANARY), "open"]}}


@pytest.fixture
def provider() -> Sample:
    return Sample()


@pytest.fixture
def wire(provider: Sample) -> Iterator[Wire]:
    with connected(provider, URN) as connection:
        yield connection


def without_secrets(value: Any) -> Any:
    """Return everything in an answer that is not wrapped as a secret."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def sentence(call: Any, *arguments: Any) -> str:
    return str(failed(call, *arguments).details())


def failed(call: Any, *arguments: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        call(*arguments)
    return error.value


def test_every_answer_wraps_what_came_in_as_a_secret(wire: Wire) -> None:
    checked = decode(wire.check(SECRET_INPUTS).inputs)
    _, previewed = wire.create(checked, preview=True)
    _, created = wire.create(checked)
    _, inputs, outputs = wire.read("thing-1", checked, created)
    updated = wire.update("thing-1", outputs, checked)
    predicted = wire.update("thing-1", outputs, checked, preview=True)
    for answer in (checked, previewed, created, inputs, outputs, updated, predicted):
        assert CANARY not in str(without_secrets(answer))
        assert isinstance(answer["content"], Secret)
        assert without_secrets(answer)["nested"] == {"list": ["[secret]", "open"]}


def test_methods_get_plain_values(wire: Wire) -> None:
    _, created = wire.create(SECRET_INPUTS)
    assert created["sum"] == Secret(len(CANARY)), "computed from the plain text, and as secret as it"
    assert created["version"] == "1"


def test_an_output_that_is_secret_by_itself_stays_one(wire: Wire) -> None:
    _, created = wire.create({"name": "a"})
    assert created["own"] == Secret("made here")
    _, _, outputs = wire.read("thing-1", {"name": "a"}, created)
    assert outputs["own"] == Secret("made here")


def test_a_drifted_secret_is_read_as_a_secret(wire: Wire) -> None:
    _, inputs, outputs = wire.read("thing-1", SECRET_INPUTS, SECRET_INPUTS)
    assert inputs["content"] == outputs["content"] == Secret("<differs>")


def test_what_is_gone_reads_as_nothing(wire: Wire) -> None:
    assert wire.read("thing-1", {"name": "gone"}, {}) == ("", {}, {})


@pytest.mark.parametrize("failure", ["plainly", "partly", "defect"])
def test_no_error_holds_a_secret_or_a_traceback(wire: Wire, failure: str) -> None:
    inputs = {**SECRET_INPUTS, "fail": failure}
    calls = [(wire.create, inputs), (wire.update, "thing-1", {}, inputs), (wire.delete, "thing-1", inputs)]
    for call, *arguments in calls:
        told = sentence(call, *arguments)
        assert CANARY not in told
        assert "Traceback" not in told
        assert "Exception calling application" not in told


def test_a_plain_error_leaves_in_its_own_words(wire: Wire) -> None:
    error = failed(wire.create, {"content": "x", "fail": "plainly"})
    assert (error.code(), error.details()) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "the server does not like x",
    )


def test_a_defect_is_told_by_type_and_place(wire: Wire) -> None:
    told = sentence(wire.create, {"content": "x", "fail": "defect"})
    assert told.startswith(f"creating {URN.rpartition('$')[2]} failed by a defect of the provider: KeyError at")


def test_a_partial_failure_keeps_the_resource_with_its_secrets(wire: Wire) -> None:
    left = partial_failure(failed(wire.create, {**SECRET_INPUTS, "fail": "partly"}))
    properties = decode(left.properties)
    assert left.id == "thing-1"
    assert list(left.reasons) == ["half of [secret] is there"]
    assert properties["content"] == Secret(CANARY)
    assert properties["sum"] == Secret(len(CANARY))


def test_a_refused_input_is_a_failure_of_its_property(wire: Wire) -> None:
    response = wire.check({"refused": Secret(CANARY)})
    assert [(failure.property, failure.reason) for failure in response.failures] == [
        ("refused", "[secret] is not accepted")
    ]


def test_check_fills_in_defaults_and_drops_nulls_and_what_bridges_keep_for_themselves(wire: Wire) -> None:
    checked = wire.check({"name": "a", "none": None, "__defaults": []}, {"name": "old"})
    assert decode(checked.inputs) == {"name": "a", "mode": "0644"}
    assert Thing.seen[-1] == {"name": "old"}


def test_unknown_values_pass_check_diff_and_preview(wire: Wire) -> None:
    inputs: Properties = {"name": "a", "content": UNKNOWN, "list": [UNKNOWN]}
    assert decode(wire.check(inputs).inputs) == {**inputs, "mode": "0644"}
    assert (
        wire.diff({"name": "a", "content": "x", "list": ["x"]}, inputs).changes == provider_pb2.DiffResponse.DIFF_SOME
    )
    assert wire.create(inputs, preview=True) == ("", {**inputs, "sum": UNKNOWN, "version": UNKNOWN})
    updated = wire.update("thing-1", {"version": "1", "sum": 1}, inputs, preview=True)
    assert updated == {**inputs, "sum": UNKNOWN, "version": "1"}


def test_a_changed_identity_replaces_and_deletes_first(wire: Wire) -> None:
    response = wire.diff({"name": "a"}, {"name": "b"})
    assert (list(response.replaces), response.deleteBeforeReplace) == (["name"], True)


def test_a_type_that_nobody_has_is_named(wire: Wire) -> None:
    wire.urn = URN.replace("Thing", "Other")
    assert failed(wire.create, {}).details() == "the provider sample has no resource type sample:index:Other"


def test_the_configuration_is_checked_and_kept_without_the_engines_own_keys(wire: Wire, provider: Sample) -> None:
    wire.configure(host="server.test", version="1.2.3", key=Secret("x"))
    assert provider.config == {"host": "server.test", "key": "x"}
    request = provider_pb2.CheckRequest(urn="urn:pulumi:dev::slipway::pulumi:providers:sample::p")
    failures = wire.stub.CheckConfig(request).failures
    assert [(failure.property, failure.reason) for failure in failures] == [("host", "is required")]


def test_a_changed_configuration_replaces_nothing(wire: Wire) -> None:
    old, new = wire.check({"host": "a"}).inputs, wire.check({"host": "b"}).inputs
    response = wire.stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=old, news=new))
    assert (response.changes, list(response.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])


def test_a_function_answers_with_its_secrets_wrapped(wire: Wire) -> None:
    answer = wire.invoke("sample:index:echo", {"a": Secret(CANARY), "b": 1})
    assert decode(getattr(answer, "return")) == {"a": Secret(CANARY), "b": 1}


def test_a_function_that_nobody_has_is_named(wire: Wire) -> None:
    assert "has no function sample:index:none" in sentence(wire.invoke, "sample:index:none", {})


def test_capabilities_are_told_in_the_handshake(wire: Wire, provider: Sample) -> None:
    response = wire.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert response.accept_secrets
    assert provider.engine_address == "127.0.0.1:1"
    assert wire.stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"


def test_an_engine_that_is_gone_is_not_told_about_progress(provider: Sample) -> None:
    provider.tell("status", "nobody listens")
    provider.engine_address = "127.0.0.1:1"
    provider.tell("status", "nobody listens")


def test_a_cancel_reaches_the_provider(wire: Wire, provider: Sample) -> None:
    wire.stub.Cancel(empty_pb2.Empty())
    assert provider.cancelled
