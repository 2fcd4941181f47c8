"""The life of networks and volumes, by the stand-in and by the vendor's plugin."""

import json
import subprocess
from collections.abc import Callable

import grpc
import pytest

from tests.plugin.standins.client import NETWORK, VOLUME, Client, sentence
from tests.plugin.standins.conftest import docker

Name = Callable[[str], str]


def test_network_reads_back_as_it_was_created(plugin: Client, name: Name) -> None:
    wanted = {
        "name": name("net"),
        "labels": [{"label": "slipway.stack", "value": "dev"}],
        "internal": True,
        "ipamConfigs": [{"subnet": "10.77.43.0/24", "gateway": "10.77.43.1"}],
        "options": {"com.docker.network.bridge.enable_icc": "true"},
    }
    created = plugin.create(NETWORK, wanted)
    found = plugin.read(created)
    assert found is not None
    assert not plugin.difference(found, wanted).changed
    assert (found.outputs["driver"], found.outputs["scope"]) == ("bridge", "local")
    inspected = json.loads(docker("network", "inspect", name("net")))[0]
    assert inspected["Id"] == created.identity
    assert inspected["Internal"]
    assert inspected["Labels"] == {"slipway.stack": "dev"}
    assert inspected["IPAM"]["Config"] == [{"Subnet": "10.77.43.0/24", "Gateway": "10.77.43.1"}]


def test_second_network_of_one_name_is_refused(plugin: Client, name: Name) -> None:
    plugin.create(NETWORK, {"name": name("net")})
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(NETWORK, {"name": name("net")})
    assert "Unable to create network" in sentence(raised.value)
    assert "already exists" in sentence(raised.value)


def test_network_is_removed_once_its_last_container_is_gone(plugin: Client, name: Name, image: str) -> None:
    created = plugin.create(NETWORK, {"name": name("net")})
    docker("run", "--detach", "--name", name("a"), "--network", name("net"), image, "sleep", "600")
    with subprocess.Popen(["sh", "-c", f"sleep 1; docker rm --force {name('a')}"], stdout=subprocess.DEVNULL):
        plugin.delete(created)
    assert plugin.read(created) is None
    plugin.delete(created)


def test_volume_reads_back_as_it_was_created(plugin: Client, name: Name) -> None:
    wanted = {"name": name("data"), "labels": [{"label": "a", "value": "1"}]}
    created = plugin.create(VOLUME, wanted)
    found = plugin.read(created)
    assert found is not None
    assert not plugin.difference(found, wanted).changed
    assert found.identity == name("data")
    assert found.outputs["driver"] == "local"
    assert found.outputs["mountpoint"].endswith(f"{name('data')}/_data")


def test_volume_that_is_there_already_is_taken_over_with_its_data(plugin: Client, name: Name, image: str) -> None:
    docker("run", "--rm", "--volume", f"{name('data')}:/data", image, "sh", "-c", "echo kept > /data/note")
    plugin.create(VOLUME, {"name": name("data")})
    assert docker("run", "--rm", "--volume", f"{name('data')}:/data", image, "cat", "/data/note") == "kept"


def test_volume_is_removed_once_its_last_container_is_gone(plugin: Client, name: Name, image: str) -> None:
    created = plugin.create(VOLUME, {"name": name("data")})
    docker("run", "--detach", "--name", name("a"), "--volume", f"{name('data')}:/data", image, "sleep", "600")
    with subprocess.Popen(["sh", "-c", f"sleep 1; docker rm --force {name('a')}"], stdout=subprocess.DEVNULL):
        plugin.delete(created)
    assert plugin.read(created) is None
