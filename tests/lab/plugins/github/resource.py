"""What all resources of the stand-in have in common."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from infra.host.plugin.base import ResourceType
from infra.host.plugin.diff import diff_response
from infra.host.plugin.values import UNKNOWN, Properties
from tests.lab.plugins.github.api import Api
from tests.lab.plugins.schema import Field, Schema, checked, comparable, found_inputs, replacing

Connect = Callable[[], Api]
REPOSITORY = Field(required=True, replaces=True)


class GitHubResource(ResourceType):
    """Something in a repository: compared with what is there, as the vendor does it.

    Args:
        connect: returns the interface, once the provider is configured.
    """

    schema: ClassVar[Schema]

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    @property
    def api(self) -> Api:
        """GitHub."""
        return self._connect()

    @property
    def _replaces(self) -> frozenset[str]:
        return replacing(self.schema)

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        return checked(self.schema, inputs)

    @override
    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        before = comparable(self.schema, outputs, new)
        return diff_response(before, new, replaces=self._replaces, delete_before_replace=self.delete_before_replace)

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        return {**dict.fromkeys(self.computed, UNKNOWN), **(old or {}), **inputs}

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        found = self.look(identity, outputs)
        if found is None:
            return None
        return found_inputs(self.schema, inputs, found), found

    @abstractmethod
    def look(self, identity: str, outputs: Properties) -> Properties | None:
        """Return the outputs that describe what is there, or nothing; `outputs` are empty for an import."""


def parted(identity: str, outputs: Properties, *names: str) -> list[Any]:
    """Return what tells where something is: from the state, or from the id of an import."""
    parts = identity.replace("??", "\0").split(":")
    read = dict(zip(names, (part.replace("\0", ":") for part in parts), strict=False))
    return [outputs.get(name, read.get(name)) for name in names]
