"""`docker.Network`."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from infra.host.plugin.base import ResourceType
from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.values import UNKNOWN, Properties
from tests.lab.plugins.docker.engine import Engine, EngineError, segment
from tests.lab.plugins.docker.labels import LABELS, label_pairs, labels_by_name
from tests.lab.plugins.schema import Field, Kind, Many, Schema, checked, comparable, found_inputs, is_blank, replacing

_IN_USE_SECONDS = 30
_POLL_SECONDS = 1

NETWORK: Schema = {
    "name": Field(required=True, replaces=True),
    "labels": LABELS,
    "driver": Field(replaces=True, computed=True),
    "options": Field(many=Many.MAP, replaces=True, computed=True),
    "internal": Field(kind=Kind.FLAG, replaces=True, computed=True),
    "attachable": Field(kind=Kind.FLAG, replaces=True),
    "ingress": Field(kind=Kind.FLAG, replaces=True),
    "ipv6": Field(kind=Kind.FLAG, replaces=True),
    "ipamDriver": Field(default="default", replaces=True),
    "ipamOptions": Field(many=Many.MAP, replaces=True),
    "ipamConfigs": Field(
        kind=Kind.OBJECT,
        many=Many.SET,
        replaces=True,
        computed=True,
        fields={
            "subnet": Field(),
            "ipRange": Field(),
            "gateway": Field(),
            "auxAddress": Field(many=Many.MAP),
        },
    ),
}
_IPAM = {"subnet": "Subnet", "ipRange": "IPRange", "gateway": "Gateway", "auxAddress": "AuxiliaryAddresses"}


class Network(ResourceType):
    """A network.

    Args:
        engine: returns the daemon, once the provider is configured.
    """

    token = "docker:index/network:Network"
    replaces = replacing(NETWORK)
    delete_before_replace = True
    """Because names are given, as the vendor has it for a name that was not made up."""
    computed = frozenset({"scope"})

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        return checked(NETWORK, inputs)

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        chosen = {name for name, item in NETWORK.items() if item.computed}
        return {**dict.fromkeys(self.computed | chosen, UNKNOWN), **(old or {}), **inputs}

    @override
    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        before = comparable(NETWORK, outputs, new)
        return diff_response(before, new, replaces=self.replaces, delete_before_replace=True)

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        engine = self._engine()
        try:
            identity = engine.post("/networks/create", _request(inputs))["Id"]
        except EngineError as error:
            message = f"Unable to create network: {error}"
            raise ProviderError(message) from error
        return identity, _outputs(engine.get(f"/networks/{identity}"), inputs)

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        network = self._engine().find(f"/networks/{segment(identity)}")
        if network is None:
            return None
        found = _outputs(network, outputs)
        return found_inputs(NETWORK, inputs, found), found

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        return {**old, **new}

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        engine = self._engine()
        deadline = time.monotonic() + _IN_USE_SECONDS
        while engine.find(f"/networks/{segment(identity)}") is not None:
            try:
                engine.delete(f"/networks/{segment(identity)}")
            except EngineError as error:
                if not error.says("has active endpoints") or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)


def _request(inputs: Properties) -> dict[str, Any]:
    body = {
        "Name": inputs["name"],
        # Daemons before API 1.44 would make a second network of the same name.
        "CheckDuplicate": True,
        "Driver": inputs.get("driver", ""),
        "Options": inputs.get("options", {}),
        "Internal": inputs.get("internal", False),
        "Attachable": inputs.get("attachable", False),
        "Ingress": inputs.get("ingress", False),
        "Labels": labels_by_name(inputs.get("labels")),
        "IPAM": {
            "Driver": inputs["ipamDriver"],
            "Options": inputs.get("ipamOptions", {}),
            "Config": [
                {target: config[name] for name, target in _IPAM.items() if not is_blank(config.get(name))}
                for config in inputs.get("ipamConfigs", ())
            ],
        },
    }
    return body | ({"EnableIPv6": True} if inputs.get("ipv6") else {})


def _outputs(network: Mapping[str, Any], state: Properties) -> Properties:
    ipam = network["IPAM"]
    return {
        **state,
        "name": network["Name"],
        "labels": label_pairs(network.get("Labels")),
        "driver": network["Driver"],
        "options": network.get("Options") or {},
        "internal": network["Internal"],
        "attachable": network["Attachable"],
        "ingress": network["Ingress"],
        "ipv6": network["EnableIPv6"],
        "scope": network["Scope"],
        "ipamDriver": ipam["Driver"],
        "ipamOptions": ipam.get("Options") or {},
        "ipamConfigs": [
            {name: config[source] for name, source in _IPAM.items() if not is_blank(config.get(source))}
            for config in ipam.get("Config") or ()
        ],
    }
