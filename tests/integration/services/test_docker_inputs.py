"""The lab's stand-in of the docker provider takes every input that a compose file can lead to."""

from typing import Any

import pytest

from infra.compose.reader import read_project
from infra.services import Secret
from tests.harness import Registered
from tests.lab.plugins.docker.container_inputs import CONTAINER
from tests.lab.plugins.docker.creation import container_request
from tests.lab.plugins.docker.network import NETWORK
from tests.lab.plugins.docker.volume import VOLUME
from tests.lab.plugins.schema import checked
from tests.unit.compose import cases
from tests.unit.services.test_product import shop

SCHEMAS = {":Container": CONTAINER, "network:Network": NETWORK, ":Volume": VOLUME}


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> list[Registered]:
    """Return what every case of a compose key leads to."""
    folder = tmp_path_factory.mktemp("compose")
    cases.write(folder, {f"s{number}": keys for number, (keys, _) in enumerate(cases.SERVICES.values())})
    reading = read_project(["compose.yaml"], root=folder, variables=cases.VARIABLES, name="dev-shop")
    assert reading.project is not None
    return shop(
        project=reading.project,
        images=dict.fromkeys(reading.project.services, f"example/x@sha256:{'0' * 64}"),
        secrets={name: Secret(value="value", version="1") for name in ("key", "two", "word")},
        ingress=[],
    )


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_stand_in_takes_every_input(kind: str, registered: list[Registered]) -> None:
    found = [each for each in registered if each.type.endswith(kind)]
    assert found
    for each in found:
        checked(SCHEMAS[kind], _whole(dict(each.inputs)))


def _whole(value: Any) -> Any:
    """Return inputs with whole numbers, which gRPC carries as fractions."""
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


EFFECTS = {
    "devices": ("Devices", [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}]),
    "dns": ("Dns", ["192.0.2.1"]),
    "dnsOpts": ("DnsOptions", ["use-vc"]),
    "dnsSearches": ("DnsSearch", ["example.com"]),
    "pidMode": ("PidMode", "host"),
    "ipcMode": ("IpcMode", "shareable"),
    "cpuShares": ("CpuShares", 512),
    "cpuSet": ("CpusetCpus", "0-1"),
    "memoryReservation": ("MemoryReservation", 64 * 1024 * 1024),
}
WRITTEN = {
    "devices": [{"hostPath": "/dev/a", "containerPath": "/dev/b", "permissions": "r"}],
    "memoryReservation": 64,
}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_input_reaches_the_engine(name: str) -> None:
    key, sent = EFFECTS[name]
    inputs = checked(CONTAINER, {"name": "web", "image": "x", name: WRITTEN.get(name, sent)})
    assert container_request(inputs)["HostConfig"][key] == sent
