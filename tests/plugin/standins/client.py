"""A provider as the engine sees it, with plain Python values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from infra.host.plugin.values import Properties, decode, encode, plain

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"
PASSWORD = "random:index/randomPassword:RandomPassword"


@dataclass(frozen=True)
class Difference:
    """The answer to Diff, as far as the engine acts on it."""

    changed: bool
    replaces: tuple[str, ...]
    delete_before_replace: bool


@dataclass(frozen=True)
class Resource:
    """A resource in the state."""

    token: str
    identity: str
    inputs: Properties
    outputs: Properties


class Client:
    """Calls one provider."""

    def __init__(self, name: str, port: int, config: Mapping[str, str]) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.stub.Configure(
            provider_pb2.ConfigureRequest(
                args=encode(config),
                variables={f"{name}:config:{key}": value for key, value in config.items()},
                acceptSecrets=True,
                acceptResources=True,
            ),
        )

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def checked(self, token: str, wanted: Properties, old: Properties | None = None) -> Properties:
        """Return the inputs as the provider completes them."""
        answer = self._check(token, wanted, old or {})
        assert not answer.failures, [failure.reason for failure in answer.failures]
        return decode(answer.inputs)

    def failures(self, token: str, wanted: Properties) -> dict[str, str]:
        """Return what the provider has against the inputs, by property."""
        return {failure.property: failure.reason for failure in self._check(token, wanted, {}).failures}

    def config_failures(self, config: Mapping[str, str]) -> dict[str, str]:
        """Return what the provider has against a configuration, by property."""
        answer = self.stub.CheckConfig(provider_pb2.CheckRequest(news=encode(config)))
        return {failure.property: failure.reason for failure in answer.failures}

    def preview(self, token: str, wanted: Properties) -> Properties:
        """Return the outputs that a preview of a creation shows."""
        request = provider_pb2.CreateRequest(
            urn=_urn(token), properties=encode(self.checked(token, wanted)), preview=True
        )
        return decode(self.stub.Create(request).properties)

    def create(self, token: str, wanted: Properties) -> Resource:
        """Create a resource."""
        inputs = self.checked(token, wanted)
        answer = self.stub.Create(provider_pb2.CreateRequest(urn=_urn(token), properties=encode(inputs)))
        return Resource(token, answer.id, inputs, decode(answer.properties))

    def read(self, resource: Resource) -> Resource | None:
        """Return the resource as it really is, or nothing when it is gone."""
        answer = self.stub.Read(
            provider_pb2.ReadRequest(
                id=resource.identity,
                urn=_urn(resource.token),
                properties=_sent(resource.outputs),
                inputs=encode(resource.inputs),
            ),
        )
        if not answer.id:
            return None
        return Resource(resource.token, answer.id, decode(answer.inputs), decode(answer.properties))

    def difference(self, resource: Resource, wanted: Properties, ignored: Sequence[str] = ()) -> Difference:
        """Return what it takes to come from the state to what a program wants."""
        news = self.checked(resource.token, wanted, resource.inputs)
        answer = self.stub.Diff(
            provider_pb2.DiffRequest(
                id=resource.identity,
                urn=_urn(resource.token),
                olds=_sent(resource.outputs),
                old_inputs=encode(resource.inputs),
                news=encode(news),
                ignoreChanges=ignored,
            ),
        )
        return Difference(
            changed=answer.changes == provider_pb2.DiffResponse.DIFF_SOME,
            replaces=tuple(sorted(set(answer.replaces))),
            delete_before_replace=answer.deleteBeforeReplace,
        )

    def update(self, resource: Resource, wanted: Properties) -> Resource:
        """Change a resource in place."""
        inputs = self.checked(resource.token, wanted, resource.inputs)
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(
                id=resource.identity,
                urn=_urn(resource.token),
                olds=_sent(resource.outputs),
                old_inputs=encode(resource.inputs),
                news=encode(inputs),
            ),
        )
        return Resource(resource.token, resource.identity, inputs, decode(answer.properties))

    def delete(self, resource: Resource) -> None:
        """Remove a resource."""
        self.stub.Delete(
            provider_pb2.DeleteRequest(
                id=resource.identity,
                urn=_urn(resource.token),
                properties=_sent(resource.outputs),
                old_inputs=encode(resource.inputs),
            ),
        )

    def _check(self, token: str, wanted: Properties, old: Properties) -> provider_pb2.CheckResponse:
        request = provider_pb2.CheckRequest(urn=_urn(token), olds=encode(old), news=encode(wanted), randomSeed=b"seed")
        answer: provider_pb2.CheckResponse = self.stub.Check(request)
        return answer


def kept_resource(error: Any) -> Properties | None:
    """Return the outputs of a resource that stays in the state though its creation failed."""
    for name, value in error.trailing_metadata():
        if name == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            failed = provider_pb2.ErrorResourceInitFailed()
            status.details[0].Unpack(failed)
            return decode(failed.properties) | {"id": failed.id}
    return None


def _sent(outputs: Properties) -> struct_pb2.Struct:
    """Return outputs as the engine sends them: without those that are nothing, secret or not."""
    return encode({name: value for name, value in outputs.items() if plain(value) is not None})


def sentence(error: Any) -> str:
    """Return what a failed call tells people."""
    return str(error.details())


def _urn(token: str) -> str:
    return f"urn:pulumi:test::standins::{token}::thing"
