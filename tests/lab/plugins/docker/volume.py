"""`docker.Volume`."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from infra.host.plugin.base import ResourceType
from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.values import UNKNOWN, Properties
from tests.lab.plugins.docker.engine import Engine, EngineError, segment
from tests.lab.plugins.docker.labels import LABELS, label_pairs, labels_by_name
from tests.lab.plugins.schema import Field, Many, Schema, checked, comparable, found_inputs, replacing

_IN_USE_SECONDS = 30
_POLL_SECONDS = 1

VOLUME: Schema = {
    "name": Field(required=True, replaces=True),
    "labels": LABELS,
    "driver": Field(replaces=True, computed=True),
    "driverOpts": Field(many=Many.MAP, replaces=True),
}


class Volume(ResourceType):
    """A volume; replacing it deletes the data in it, as with the vendor.

    Args:
        engine: returns the daemon, once the provider is configured.
    """

    token = "docker:index/volume:Volume"
    replaces = replacing(VOLUME)
    delete_before_replace = True
    """Because names are given, as the vendor has it for a name that was not made up."""
    computed = frozenset({"mountpoint"})

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        return checked(VOLUME, inputs)

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        return {"driver": UNKNOWN, "mountpoint": UNKNOWN, **(old or {}), **inputs}

    @override
    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        before = comparable(VOLUME, outputs, new)
        return diff_response(before, new, replaces=self.replaces, delete_before_replace=True)

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        # A volume of this name that is there already is taken over, data and all; the daemon does not tell.
        request = {
            "Name": inputs["name"],
            "Labels": labels_by_name(inputs.get("labels")),
            "Driver": inputs.get("driver", ""),
            "DriverOpts": inputs.get("driverOpts", {}),
        }
        try:
            volume = self._engine().post("/volumes/create", request)
        except EngineError as error:
            message = f"Unable to create volume: {error}"
            raise ProviderError(message) from error
        return volume["Name"], _outputs(volume, inputs)

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        volume = self._engine().find(f"/volumes/{segment(identity)}")
        if volume is None:
            return None
        found = _outputs(volume, outputs)
        return found_inputs(VOLUME, inputs, found), found

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        return {**old, **new}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        engine = self._engine()
        deadline = time.monotonic() + _IN_USE_SECONDS
        while True:
            try:
                return engine.delete(f"/volumes/{segment(identity)}", force="1")
            except EngineError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return None
                if not error.says("volume is in use") or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)


def _outputs(volume: Mapping[str, Any], state: Properties) -> Properties:
    return {
        **state,
        "name": volume["Name"],
        "labels": label_pairs(volume.get("Labels")),
        "driver": volume["Driver"],
        "driverOpts": volume.get("Options") or {},
        "mountpoint": volume["Mountpoint"],
    }
