"""A secret that goes into the stand-in for docker never comes out of it in plain."""

from collections.abc import Callable

import grpc
import pytest

from infra.host.plugin.values import Properties, Secret
from tests.plugin.standins.client import CONTAINER, Client, kept_resource, sentence
from tests.plugin.standins.conftest import docker

Name = Callable[[str], str]
_CANARY = "canary-7f3a9c"


def _wanted(name: Name, image: str) -> Properties:
    return {
        "name": name("a"),
        "image": image,
        "command": ["sleep", "600"],
        "envs": ["A=1", Secret(f"PASSWORD={_CANARY}")],
        "labels": [{"label": "auth", "value": Secret(_CANARY)}],
        "uploads": [{"file": "/data/key", "content": Secret(_CANARY)}],
    }


def test_secrets_stay_wrapped_in_every_answer(standin: Client, name: Name, image: str) -> None:
    wanted = _wanted(name, image)
    created = standin.create(CONTAINER, wanted)
    read = standin.read(created)
    assert read is not None
    docker("update", "--restart", "always", name("a"))
    drifted = standin.read(created)
    assert drifted is not None
    updated = standin.update(drifted, wanted)
    for resource in (created, read, drifted, updated):
        assert _CANARY not in repr((resource.inputs, resource.outputs))
    assert read.outputs["envs"][0] == "A=1", "what is not secret stays readable"
    assert f"PASSWORD={_CANARY}" in docker("inspect", name("a")), "the container itself has it"


def test_secrets_stay_wrapped_in_a_partial_failure(standin: Client, name: Name, image: str) -> None:
    wanted = _wanted(name, image) | {"command": [f"/{_CANARY}"]}
    wanted["envs"] = [Secret(_CANARY)]
    with pytest.raises(grpc.RpcError) as raised:
        standin.create(CONTAINER, wanted)
    kept = kept_resource(raised.value)
    assert kept is not None
    assert _CANARY not in repr(kept["envs"])
    assert _CANARY not in sentence(raised.value), "the daemon repeats the command in its message"
