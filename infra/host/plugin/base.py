"""What a provider is made of: its resource types and itself, without a word about the wire.

The protocol is spoken by `infra.host.plugin.servicer`, a process is made of a provider by `infra.host.plugin.serving`:

    class Password(ResourceType): ...

    class Random(Provider):
        name, version = "random", "4.21.4"

    serve(Random([Password()]))
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import MappingProxyType
from typing import Literal

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.values import UNKNOWN, Properties

_LOG_SECONDS = 2

Remark = Literal["status", "note", "warning"]
"""What a provider says while it is at work: a status passes, a note and a warning stay."""
current_urn: ContextVar[str] = ContextVar("current_urn", default="")
"""The resource the current request is about; set by the servicer, read by `Provider.tell`."""


def current_name() -> str:
    """Return the name that the program has given the resource of the current request."""
    return current_urn.get().rpartition("::")[2]


class ResourceType(ABC):
    """One resource type of a provider.

    Methods get plain values: the servicer unwraps secrets on the way in and wraps them again, path by path, on the way
    out. An output that is secret without having come in as one is returned as `Secret(value)`, or named in `derived`.
    """

    token: str
    """Type token, as in `host:index:File`."""
    replaces: frozenset[str] = frozenset()
    """Top-level inputs that cannot change in place."""
    delete_before_replace: bool = False
    """Whether the old one must be gone before the new one can exist."""
    computed: frozenset[str] = frozenset()
    """Outputs that are not inputs; a preview shows them as unknown."""
    stable: frozenset[str] = frozenset()
    """Those of `computed` that an update in place never changes."""
    derived: Mapping[str, str] = MappingProxyType({})
    """Output to the input it is computed from: it is secret whenever that input is."""

    @abstractmethod
    def check(self, inputs: Properties, old: Properties) -> Properties:
        """Return the inputs, complete with defaults.

        Args:
            inputs: what the program wants; any value in it may be `UNKNOWN` in a preview.
            old: the inputs in the state, empty when the resource is new.

        Raises:
            InvalidInputsError: naming every property that cannot be accepted.
        """

    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        """Return what differs between the state and what the program wants.

        Args:
            inputs: the ones in the state.
            outputs: the ones in the state, for a type whose vendor compares with these.
            new: the checked inputs of the program; any value in them may be `UNKNOWN` in a preview.
        """
        del outputs
        return diff_response(inputs, new, replaces=self.replaces, delete_before_replace=self.delete_before_replace)

    @abstractmethod
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Make the resource and return its id and outputs; outputs usually begin with `**inputs`."""

    @abstractmethod
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the inputs and outputs that describe what is really there, or nothing when it is gone.

        `inputs` and `outputs` are the ones in the state; both are empty for an import.
        """

    @abstractmethod
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        """Change the resource in place and return its outputs; `old` are outputs, `new` are inputs."""

    @abstractmethod
    def delete(self, identity: str, outputs: Properties) -> None:
        """Remove the resource; succeed when it is already gone."""

    def compare(self, inputs: Properties) -> str:
        """Return how what is there compares with a resource that a preview would make, or nothing.

        Args:
            inputs: the checked ones; any value in them may be `UNKNOWN` or `Secret`.
        """
        del inputs
        return ""

    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        """Return the outputs a preview shows; `old` are the outputs of the resource to be updated, if there is one."""
        kept = {name: old[name] for name in self.stable if old and name in old}
        return {**inputs, **dict.fromkeys(self.computed, UNKNOWN), **kept}


class Provider:
    """A provider: its resource types, its configuration and its functions.

    A subclass sets `name` and `version` and overrides `configure`, `check_config`, `invoke`, `cancel` and `close` where
    it needs them. Any method may raise `ProviderError` (one sentence for people) or one of its subclasses.
    """

    name: str
    """Package name, as in `host`."""
    version: str
    """Semantic version without a leading `v`."""

    def __init__(self, types: Iterable[ResourceType]) -> None:
        self.types = {kind.token: kind for kind in types}
        self.engine_address = ""

    def check_config(self, config: Properties) -> Properties:
        """Return the provider's configuration, complete with defaults; values may be `UNKNOWN`.

        Raises:
            InvalidInputsError: naming every property that cannot be accepted.
        """
        return config

    def check_change(self, former: Properties, config: Properties) -> None:
        """Take a changed configuration, or refuse it.

        Raises:
            ProviderError: what the state says cannot be carried over.
        """

    def configure(self, config: Properties) -> None:
        """Take the configuration; must connect to nothing, so that previews work offline."""

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Answer a function call; a secret in the answer is returned as `Secret(value)`."""
        message = f"the provider {self.name} has no function {token} (called with {len(arguments)} arguments)"
        raise ProviderError(message)

    def cancel(self) -> None:
        """Stop what is running: the user has interrupted the update."""

    def close(self) -> None:
        """Let go of everything at once: the process is about to end."""

    def tell(self, remark: Remark, message: str) -> None:
        """Show something about the resource being handled."""
        if not self.engine_address:
            return
        request = engine_pb2.LogRequest(
            severity=engine_pb2.WARNING if remark == "warning" else engine_pb2.INFO,
            message=message,
            urn=current_urn.get(),
            ephemeral=remark == "status",
        )
        with suppress(grpc.RpcError), grpc.insecure_channel(self.engine_address) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=_LOG_SECONDS)
