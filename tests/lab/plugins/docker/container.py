"""`docker.Container`: created, read, changed in place and removed the way the vendor does it."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pulumi.runtime.proto import provider_pb2
from typing_extensions import override

from infra.host.plugin.base import ResourceType
from infra.host.plugin.diff import diff_response
from infra.host.plugin.errors import PartialFailureError, ProviderError
from infra.host.plugin.values import UNKNOWN, Properties
from tests.lab.plugins.docker.container_inputs import CONTAINER
from tests.lab.plugins.docker.creation import container_request, endpoint, memory_limits, restart_policy, throttles
from tests.lab.plugins.docker.durations import parse_duration
from tests.lab.plugins.docker.engine import Engine, EngineError, segment
from tests.lab.plugins.docker.inspection import container_outputs
from tests.lab.plugins.docker.uploads import upload_archive
from tests.lab.plugins.schema import checked, comparable, found_inputs, is_blank, replacing, same

_HEALTH_POLL_SECONDS = 1
_FRAME_HEADER = 8
"""Bytes before each piece of a log that is not a terminal's: stream, three zeros, length."""
_UPDATED = (
    "restart",
    "maxRetryCount",
    "cpuShares",
    "cpuSet",
    "memory",
    "memoryReservation",
    "memorySwap",
    "deviceReadBps",
    "deviceReadIops",
    "deviceWriteBps",
    "deviceWriteIops",
)
"""All that a running container is told; what else does not replace it only changes the state."""


class Container(ResourceType):
    """A container.

    Args:
        engine: returns the daemon, once the provider is configured.
    """

    token = "docker:index/container:Container"
    replaces = replacing(CONTAINER)
    delete_before_replace = True
    computed = frozenset({"bridge", "containerLogs", "exitCode", "networkDatas"})

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    @override
    def check(self, inputs: Properties, old: Properties) -> Properties:
        return checked(CONTAINER, inputs)

    @override
    def predict(self, inputs: Properties, old: Properties | None) -> Properties:
        if old is not None:
            return {**old, **inputs}
        chosen = {name for name, item in CONTAINER.items() if item.computed}
        outputs = {**dict.fromkeys(self.computed | chosen, UNKNOWN), **inputs}
        if isinstance(inputs.get("ports"), list):
            outputs["ports"] = [{"external": UNKNOWN, **port} for port in inputs["ports"]]
        return outputs

    @override
    def diff(self, inputs: Properties, outputs: Properties, new: Properties) -> provider_pb2.DiffResponse:
        before = comparable(CONTAINER, outputs, new)
        replaces = self.replaces - {"mounts"} if _are_as_many(before["mounts"], new.get("mounts")) else self.replaces
        return diff_response(before, new, replaces=replaces, delete_before_replace=True)

    @override
    def create(self, inputs: Properties) -> tuple[str, Properties]:
        engine = self._engine()
        _find_image(engine, inputs["image"])
        _require_api(engine, inputs)
        query = {name: inputs[name] for name in ("name", "platform") if inputs.get(name)}
        try:
            identity = engine.post("/containers/create", container_request(inputs), **query)["Id"]
        except EngineError as error:
            message = f"Unable to create container: {error}"
            raise ProviderError(message) from error
        try:
            _join_networks(engine, identity, inputs)
            for upload in inputs.get("uploads", ()):
                engine.unpack(upload_archive(upload), identity)
            logs = _run(engine, identity, inputs)
            return identity, container_outputs(engine.get(f"/containers/{identity}/json"), {**inputs, **logs})
        except ProviderError as error:
            raise PartialFailureError(identity, inputs, [str(error)]) from error

    @override
    def read(self, identity: str, inputs: Properties, outputs: Properties) -> tuple[Properties, Properties] | None:
        container = self._engine().find(f"/containers/{identity}/json")
        if container is None:
            return None
        found = container_outputs(container, outputs or {"image": ""})
        return found_inputs(CONTAINER, inputs, found), found

    @override
    def update(self, identity: str, old: Properties, new: Properties) -> Properties:
        engine = self._engine()
        if new.get("mustRun") and not old.get("mustRun") and new.get("start"):
            _start(engine, identity)
        if any(not same(CONTAINER[name], new.get(name), old.get(name)) for name in _UPDATED):
            body = {
                "RestartPolicy": restart_policy(new),
                "CpuShares": new.get("cpuShares", 0),
                "CpusetCpus": new.get("cpuSet", ""),
                **memory_limits(new),
                **throttles(new),
            }
            engine.post(f"/containers/{identity}/update", body)
        # What the daemon was not told is in the state all the same, as with the vendor, until the next reading.
        return {name: value for name, value in old.items() if _stays(name, value)} | new

    @override
    def delete(self, identity: str, outputs: Properties) -> None:
        engine = self._engine()
        if not outputs.get("attach"):
            # Grace comes from the state: without one the daemon sends SIGKILL at once.
            _unless_gone(engine.post, f"/containers/{identity}/stop", t=str(outputs.get("destroyGraceSeconds") or 0))
        volumes = "1" if outputs.get("removeVolumes", True) else "0"
        _unless_gone(engine.delete, f"/containers/{identity}", v=volumes, force="1")
        condition = "removed" if outputs.get("rm") else "not-running"
        _unless_gone(engine.post, f"/containers/{identity}/wait", condition=condition)


def _are_as_many(before: Any, mounts: Any) -> bool:
    """Tell whether mounts only changed: the vendor then changes the state, and nothing on the server."""
    return isinstance(before, list) and isinstance(mounts, list) and len(before) == len(mounts)


def _stays(name: str, value: Any) -> bool:
    """Tell whether an output outlives an update in which the program does not set it."""
    item = CONTAINER.get(name)
    return item is None or item.computed or item.lenient or is_blank(value)


def _find_image(engine: Engine, reference: str) -> None:
    """Make sure that the image is there; one that is there already is never asked of a registry."""
    if not reference:
        message = "Unable to create container with image : empty image name is not allowed"
        raise ProviderError(message)
    path = f"/images/{segment(reference)}/json"
    if engine.find(path) is not None:
        return
    try:
        engine.pull(reference)
    except EngineError as error:
        message = f"Unable to create container with image {reference}: unable to pull image: {error}"
        raise ProviderError(message) from error
    if engine.find(path) is None:
        message = f"Unable to create container with image {reference}: unable to find or pull image"
        raise ProviderError(message)


def _require_api(engine: Engine, inputs: Properties) -> None:
    """Refuse what the vendor's client does not send to an older daemon."""
    if parse_duration(inputs.get("healthcheck", {}).get("startInterval", "0s")) and engine.api_version() < (1, 44):
        message = "a start interval of a health check requires API version 1.44, which this Docker daemon does not have"
        raise ProviderError(message)
    uses_options = any(mount["type"] == "volume" and "volumeOptions" in mount for mount in inputs.get("mounts", ()))
    if uses_options and engine.api_version() < (1, 45):
        message = "Setting VolumeOptions.Subpath requires docker version 1.45 or higher"
        raise ProviderError(message)


def _join_networks(engine: Engine, identity: str, inputs: Properties) -> None:
    """Take a container off the default network and join it to its own."""
    networks = inputs.get("networksAdvanced", [])
    if not networks:
        return
    try:
        engine.post("/networks/bridge/disconnect", {"Container": identity, "Force": False})
    except EngineError as error:
        if not error.says("is not connected to the network bridge"):
            message = f"Unable to disconnect the default network: {error}"
            raise ProviderError(message) from error
    for network in networks:
        body = {"Container": identity, "EndpointConfig": endpoint(network)}
        try:
            engine.post(f"/networks/{segment(network['name'])}/connect", body)
        except EngineError as error:
            message = f"Unable to connect to network '{network['name']}': {error}"
            raise ProviderError(message) from error


def _run(engine: Engine, identity: str, inputs: Properties) -> Properties:
    """Start a container, wait for what the program wants waited for, and return its logs where it wants them."""
    if inputs.get("start"):
        _start(engine, identity)
        if inputs.get("wait"):
            _wait_until_healthy(engine, identity, inputs["waitTimeout"])
    if not inputs.get("attach"):
        return {}
    engine.post(f"/containers/{identity}/wait")
    if not inputs.get("logs"):
        return {}
    logs = engine.raw(f"/containers/{identity}/logs", stdout="1", stderr="1")
    text = logs if inputs.get("tty") else _joined_streams(logs)
    return {"containerLogs": text.decode(errors="replace")}


def _start(engine: Engine, identity: str) -> None:
    try:
        engine.post(f"/containers/{identity}/start")
    except EngineError as error:
        message = f"Unable to start container: {error}"
        raise ProviderError(message) from error


def _wait_until_healthy(engine: Engine, identity: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        health = engine.get(f"/containers/{identity}/json")["State"].get("Health")
        if health is None:
            message = "you have supplied a 'wait' argument, but the container does not have a healthcheck defined"
            raise ProviderError(message)
        if health["Status"] == "healthy":
            return
        time.sleep(_HEALTH_POLL_SECONDS)
    message = "container failed to be in healthy state"
    raise ProviderError(message)


def _joined_streams(logs: bytes) -> bytes:
    """Return a log without the headers that tell its streams apart."""
    pieces = []
    while len(logs) >= _FRAME_HEADER:
        end = _FRAME_HEADER + int.from_bytes(logs[4:_FRAME_HEADER], "big")
        pieces.append(logs[_FRAME_HEADER:end])
        logs = logs[end:]
    return b"".join(pieces)


def _unless_gone(call: Callable[..., object], path: str, **query: str) -> None:
    try:
        call(path, **query)
    except EngineError as error:
        if error.status != HTTPStatus.NOT_FOUND and not error.says("is already in progress"):
            raise
