"""A provider called as the engine calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from infra.host.plugin.base import Provider
from infra.host.plugin.serving import start
from infra.host.plugin.values import Properties, decode, encode


class Wire:
    """The requests of the engine, with property bags in place of messages."""

    def __init__(self, port: int, urn: str) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.urn = urn

    def configure(self, **config: Any) -> None:
        """Configure the provider."""
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))

    def check(self, news: Properties, olds: Properties | None = None) -> provider_pb2.CheckResponse:
        """Return the answer to Check."""
        request = provider_pb2.CheckRequest(urn=self.urn, news=encode(news), olds=encode(olds or {}))
        response: provider_pb2.CheckResponse = self.stub.Check(request)
        return response

    def diff(self, old: Properties, new: Properties) -> provider_pb2.DiffResponse:
        """Return the answer to Diff."""
        request = provider_pb2.DiffRequest(urn=self.urn, id="1", old_inputs=encode(old), news=encode(new))
        response: provider_pb2.DiffResponse = self.stub.Diff(request)
        return response

    def create(self, inputs: Properties, *, preview: bool = False) -> tuple[str, Properties]:
        """Return id and outputs."""
        response = self.stub.Create(self.create_request(inputs, preview=preview))
        return response.id, decode(response.properties)

    def create_request(self, inputs: Properties, *, preview: bool = False) -> provider_pb2.CreateRequest:
        """Return the request by which a resource is created."""
        return provider_pb2.CreateRequest(urn=self.urn, properties=encode(inputs), preview=preview)

    def read(self, identity: str, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Return id, inputs and outputs."""
        request = provider_pb2.ReadRequest(urn=self.urn, id=identity, inputs=encode(inputs), properties=encode(state))
        response = self.stub.Read(request)
        return response.id, decode(response.inputs), decode(response.properties)

    def update(self, identity: str, olds: Properties, news: Properties, *, preview: bool = False) -> Properties:
        """Return the outputs."""
        request = provider_pb2.UpdateRequest(
            urn=self.urn, id=identity, olds=encode(olds), news=encode(news), preview=preview
        )
        return decode(self.stub.Update(request).properties)

    def delete(self, identity: str, state: Properties) -> None:
        """Delete the resource."""
        self.stub.Delete(provider_pb2.DeleteRequest(urn=self.urn, id=identity, properties=encode(state)))

    def invoke(self, token: str, arguments: Properties) -> provider_pb2.InvokeResponse:
        """Return the answer of a function."""
        response: provider_pb2.InvokeResponse = self.stub.Invoke(
            provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        )
        return response


@contextmanager
def connected(provider: Provider, urn: str) -> Iterator[Wire]:
    """Serve a provider and call it."""
    server, port = start(provider)
    wire = Wire(port, urn)
    yield wire
    wire.channel.close()
    provider.close()
    server.stop(grace=None).wait()


def partial_failure(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed:
    """Return what a failed request tells to have left."""
    trailing = {datum.key: datum.value for datum in error.trailing_metadata()}
    detail = status_pb2.Status.FromString(trailing["grpc-status-details-bin"]).details[0]
    failed = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(failed)
    return failed
