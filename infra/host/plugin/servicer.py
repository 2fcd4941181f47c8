"""A provider behind Pulumi's protocol: secrets, unknown values, previews and errors, alike for every type."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from typing_extensions import override

from infra.host.plugin.base import Provider, ResourceType, current_urn
from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import InvalidInputsError, ProviderError
from infra.host.plugin.faults import Answering
from infra.host.plugin.values import (
    Properties,
    Secret,
    contains_secret,
    decode,
    encode,
    plain,
    redact,
    rewrap,
)

_ENGINE_KEYS = frozenset({"version", "pluginDownloadURL"})
"""Keys the engine adds to a provider's configuration."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine on behalf of one provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    @override
    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        self.provider.engine_address = request.engine_address
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @override
    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.provider.engine_address = request.address
        return empty_pb2.Empty()

    @override
    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.provider.version)

    @override
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        wanted = _given(plain(news))
        engine = {name: wanted.pop(name) for name in _ENGINE_KEYS if name in wanted}
        with self._answering(context, "checking the configuration", request.urn, news):
            try:
                checked = self.provider.check_config(wanted)
            except InvalidInputsError as error:
                return _failures(error, news)
            return provider_pb2.CheckResponse(inputs=_wrapped({**engine, **checked}, news))

    @override
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        # A changed address or key is the way to the same server: it never replaces what is on it.
        former, news = decode(request.old_inputs), decode(request.news)
        with self._answering(context, "comparing the configuration", request.urn, news):
            self.provider.check_change(plain(former), plain(news))
            return diff_response(former, news)

    @override
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        config = decode(request.args)
        wanted = {name: value for name, value in _given(plain(config)).items() if name not in _ENGINE_KEYS}
        with self._answering(context, "configuring", request.urn, config):
            self.provider.configure(wanted)
            return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @override
    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        arguments = decode(request.args)
        with self._answering(context, "calling", request.tok, arguments):
            try:
                answer = self.provider.invoke(request.tok, _given(plain(arguments)))
            except InvalidInputsError as error:
                return provider_pb2.InvokeResponse(failures=_failures(error, arguments).failures)
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(_wrapped(answer, arguments))
            return response

    @override
    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        olds, news = decode(request.olds), decode(request.news)
        with self._answering(context, "checking", request.urn, olds, news):
            try:
                inputs = self._type(request.urn).check(_given(plain(news)), plain(olds))
            except InvalidInputsError as error:
                return _failures(error, news)
            return provider_pb2.CheckResponse(inputs=_wrapped(inputs, news))

    @override
    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        olds, inputs, news = decode(request.olds), decode(request.old_inputs), decode(request.news)
        with self._answering(context, "comparing", request.urn, olds, inputs, news):
            return self._type(request.urn).diff(plain(inputs), plain(olds), plain(news))

    @override
    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        inputs = decode(request.properties)
        with self._answering(context, "creating", request.urn, inputs):
            kind = self._type(request.urn)
            if request.preview:
                if remark := kind.compare(_given(inputs)):
                    self.provider.tell("status", redact(remark, inputs))
                outputs = kind.predict(_given(plain(inputs)), None)
                return provider_pb2.CreateResponse(properties=encode(_sealed(kind, outputs, inputs)))
            identity, outputs = kind.create(_given(plain(inputs)))
            return provider_pb2.CreateResponse(id=identity, properties=encode(_sealed(kind, outputs, inputs)))

    @override
    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        state, inputs = decode(request.properties), decode(request.inputs)
        with self._answering(context, "reading", request.urn, state, inputs):
            kind = self._type(request.urn)
            found = kind.read(request.id, _given(plain(inputs)), plain(state))
            if found is None:
                return provider_pb2.ReadResponse()
            reference = {**state, **inputs}
            return provider_pb2.ReadResponse(
                id=request.id,
                inputs=encode(_sealed(kind, found[0], reference)),
                properties=encode(_sealed(kind, found[1], reference)),
            )

    @override
    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        olds, news = decode(request.olds), decode(request.news)
        with self._answering(context, "updating", request.urn, olds, news):
            kind = self._type(request.urn)
            if request.preview:
                outputs = kind.predict(_given(plain(news)), plain(olds))
            else:
                outputs = kind.update(request.id, plain(olds), _given(plain(news)))
            return provider_pb2.UpdateResponse(properties=encode(_sealed(kind, outputs, {**olds, **news})))

    @override
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        state = decode(request.properties)
        with self._answering(context, "deleting", request.urn, state):
            self._type(request.urn).delete(request.id, plain(state))
            return empty_pb2.Empty()

    @override
    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.provider.cancel()
        return empty_pb2.Empty()

    def _type(self, urn: str) -> ResourceType:
        token = _token(urn)
        if token not in self.provider.types:
            message = f"the provider {self.provider.name} has no resource type {token}"
            raise ProviderError(message)
        return self.provider.types[token]

    def _answering(
        self,
        context: grpc.ServicerContext,
        action: str,
        subject: str,
        *references: Properties,
    ) -> Answering:
        """Return the block a request is handled in."""
        current_urn.set(subject)
        kind = self.provider.types.get(_token(subject))
        merged = {name: value for reference in references for name, value in reference.items()}
        seal = partial(_sealed, kind, reference=merged) if kind else dict
        return Answering(context, f"{action} {subject.rpartition('$')[2]}", *references, seal=seal)


def _token(urn: str) -> str:
    """Return the type token in a URN, or the text itself when it is none."""
    _, _, qualified = urn.partition("::")[2].partition("::")
    return qualified.partition("::")[0].rpartition("$")[2] or urn


def _given(properties: Mapping[str, Any]) -> Properties:
    """Return the properties a program has set: no nulls, and nothing that bridges keep for themselves."""
    return {name: value for name, value in properties.items() if value is not None and not name.startswith("__")}


def _wrapped(answer: Properties, reference: Properties) -> struct_pb2.Struct:
    return encode(rewrap(answer, reference))


def _sealed(kind: ResourceType, answer: Mapping[str, Any], reference: Mapping[str, Any]) -> Properties:
    """Wrap everything in an answer that came in as a secret, or is computed from one."""
    sealed: Properties = rewrap(dict(answer), reference)
    for name, source in kind.derived.items():
        if name in sealed and contains_secret(reference.get(source)):
            sealed[name] = rewrap(sealed[name], Secret(None))
    return sealed


def _failures(error: InvalidInputsError, reference: Properties) -> provider_pb2.CheckResponse:
    """Return the answer to Check that names every property that cannot be accepted."""
    return provider_pb2.CheckResponse(
        failures=[
            provider_pb2.CheckFailure(property=failure.property, reason=redact(failure.reason, reference))
            for failure in error.failures
        ],
    )
