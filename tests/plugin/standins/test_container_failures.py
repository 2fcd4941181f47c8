"""What is left and what is said when a container cannot be created, by the stand-in and by the vendor's plugin."""

from collections.abc import Callable

import grpc
import pytest

from tests.plugin.standins.client import CONTAINER, Client, kept_resource, sentence
from tests.plugin.standins.conftest import docker

Name = Callable[[str], str]
_SLEEP = ["sleep", "600"]


def identity(container: str) -> str:
    """Return the id Docker's own client knows a container by."""
    return docker("inspect", "--format", "{{.Id}}", container)


def test_container_that_never_gets_healthy_stays_in_the_state(plugin: Client, name: Name, image: str) -> None:
    healthcheck = {"tests": ["CMD", "false"], "interval": "1s", "retries": 1}
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "wait": True, "waitTimeout": 2}
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(CONTAINER, wanted | {"healthcheck": healthcheck})
    assert "container failed to be in healthy state" in sentence(raised.value)
    kept = kept_resource(raised.value)
    assert kept is not None
    assert kept["id"] == identity(name("a"))


def test_container_that_cannot_start_stays_in_the_state(plugin: Client, name: Name, image: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(CONTAINER, {"name": name("a"), "image": image, "command": ["/no-such-program"]})
    assert "Unable to start container" in sentence(raised.value)
    kept = kept_resource(raised.value)
    assert kept is not None, "the container is on the server, so the state has to know it"
    assert kept["id"] == identity(name("a"))


def test_taken_name_fails_and_leaves_nothing(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP}
    first = plugin.create(CONTAINER, wanted)
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(CONTAINER, wanted)
    assert "already in use" in sentence(raised.value)
    assert kept_resource(raised.value) is None
    assert identity(name("a")) == first.identity


def test_image_that_cannot_be_had_is_named(plugin: Client, name: Name) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(CONTAINER, {"name": name("a"), "image": "127.0.0.1:1/nothing:1", "command": _SLEEP})
    assert "unable to pull image" in sentence(raised.value)
    assert "127.0.0.1:1/nothing:1" in sentence(raised.value)
    assert kept_resource(raised.value) is None


def test_options_of_a_volume_mount_are_refused_by_an_older_daemon(plugin: Client, name: Name, image: str) -> None:
    if tuple(map(int, docker("version", "--format", "{{.Server.APIVersion}}").split("."))) >= (1, 45):
        pytest.skip("this Docker daemon is new enough for them")
    mount = {"type": "volume", "source": name("data"), "target": "/data", "volumeOptions": {"noCopy": True}}
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(CONTAINER, {"name": name("a"), "image": image, "command": _SLEEP, "mounts": [mount]})
    assert "requires docker version 1.45" in sentence(raised.value)


def test_removed_container_reads_as_gone_and_is_removed_again_without_an_error(
    plugin: Client, name: Name, image: str
) -> None:
    created = plugin.create(CONTAINER, {"name": name("a"), "image": image, "command": _SLEEP})
    docker("rm", "--force", name("a"))
    assert plugin.read(created) is None
    plugin.delete(created)
