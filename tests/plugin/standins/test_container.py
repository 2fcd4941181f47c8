"""The life of a container, by the stand-in and by the vendor's plugin."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from infra.host.plugin.values import UNKNOWN, Properties
from tests.plugin.standins.client import CONTAINER, NETWORK, VOLUME, Client, Resource
from tests.plugin.standins.conftest import docker

Name = Callable[[str], str]
_SLEEP = ["sleep", "600"]
_ON_TERM = (
    "trap 'sleep 1; echo finished > /data/note; exit 0' TERM; echo ready > /data/up; while true; do sleep 0.1; done"
)

_SETTINGS: Properties = {
    "command": _SLEEP,
    "envs": ["A=1", "B=2"],
    "labels": [{"label": "slipway.stack", "value": "dev"}],
    "memory": 32,
    "memorySwap": 32,
    "cpus": "0.5",
    "restart": "unless-stopped",
    "destroyGraceSeconds": 1,
    "healthcheck": {"tests": ["CMD", "true"], "interval": "1m0s", "timeout": "3s", "retries": 3},
    "capabilities": {"adds": ["CAP_CHOWN"], "drops": ["ALL"]},
    "securityOpts": ["no-new-privileges:true"],
    "readOnly": True,
    "init": True,
    "tmpfs": {"/run": "size=1m"},
    "logDriver": "json-file",
    "logOpts": {"max-size": "10m"},
    "ulimits": [{"name": "nofile", "soft": 100, "hard": 200}],
    "hosts": [{"host": "db.test", "ip": "192.0.2.1"}],
    "dns": ["192.0.2.53"],
    "sysctls": {"net.core.somaxconn": "100"},
    "groupAdds": ["12"],
    "user": "65534",
    "workingDir": "/data",
    "hostname": "web",
    "stopSignal": "SIGTERM",
    "stopTimeout": 5,
    "shmSize": 32,
    "ports": [{"internal": 80, "ip": "127.0.0.1"}],
}


def inspected(container: str) -> dict[str, Any]:
    """Return what Docker's own client says of a container."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", container))
    return found[0]


def reread(plugin: Client, resource: Resource) -> Resource:
    """Return the resource as it really is."""
    found = plugin.read(resource)
    assert found is not None, "the resource is gone"
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a container has come as far as the test needs it."""
    while not condition():
        time.sleep(0.1)


def everything(name: Name, image: str) -> Properties:
    """Return a container as Slipway makes them, with about all it sets."""
    return _SETTINGS | {
        "name": name("a"),
        "image": image,
        "mounts": [
            {"type": "bind", "source": "/etc", "target": "/host", "readOnly": True},
            {"type": "tmpfs", "target": "/scratch", "tmpfsOptions": {"sizeBytes": 1048576}},
            {"type": "volume", "source": name("data"), "target": "/data"},
        ],
        "volumes": [{"volumeName": name("old"), "containerPath": "/old", "readOnly": True}],
    }


def test_container_reads_back_as_it_was_created(plugin: Client, name: Name, image: str) -> None:
    wanted = everything(name, image)
    created = plugin.create(CONTAINER, wanted)
    assert not plugin.difference(created, wanted).changed
    found = reread(plugin, created)
    assert not plugin.difference(found, wanted).changed, "a refresh alone must never show a difference"
    assert found.outputs["name"] == name("a")
    assert found.outputs["mustRun"] is True
    assert found.outputs["networkDatas"][0]["ipAddress"]
    assert found.outputs["ports"][0]["external"] > 0


def test_server_has_what_the_inputs_ask_for(standin: Client, name: Name, image: str) -> None:
    standin.create(CONTAINER, everything(name, image))
    found = inspected(name("a"))
    host = found["HostConfig"]
    assert found["Config"]["Labels"] == {"slipway.stack": "dev"}
    assert found["Config"]["Healthcheck"]["Interval"] == 60_000_000_000
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (32 << 20, 32 << 20, 500_000_000)
    assert (host["CapAdd"], host["CapDrop"]) == (["CAP_CHOWN"], ["ALL"])
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["ReadonlyRootfs"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 100, "Hard": 200}]
    assert host["Binds"] == [f"{name('old')}:/old:ro"]


def test_memory_and_restart_change_in_place(plugin: Client, name: Name, image: str) -> None:
    wanted = everything(name, image)
    created = plugin.create(CONTAINER, wanted)
    wanted |= {"memory": 48, "memorySwap": 48, "restart": "always"}
    difference = plugin.difference(created, wanted)
    assert difference.changed
    assert not difference.replaces
    updated = plugin.update(created, wanted)
    host = inspected(created.identity)["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["RestartPolicy"]["Name"]) == (48 << 20, 48 << 20, "always")
    assert not plugin.difference(reread(plugin, updated), wanted).changed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("healthcheck", {"tests": ["CMD", "false"]}),
        ("tmpfs", {"/run": "size=2m"}),
        ("init", False),
    ],
)
def test_what_cannot_change_in_place_is_ignored_in_silence(
    plugin: Client, name: Name, image: str, field: str, value: object
) -> None:
    wanted = everything(name, image)
    created = plugin.create(CONTAINER, wanted)
    before = inspected(created.identity)
    updated = plugin.update(created, wanted | {field: value})
    after = inspected(created.identity)
    assert before["Config"] == after["Config"], "the vendor's plugin tells the server nothing"
    assert before["HostConfig"] == after["HostConfig"], "the vendor's plugin tells the server nothing"
    assert plugin.difference(reread(plugin, updated), wanted | {field: value}).changed, "a refresh shows it"


@pytest.mark.parametrize(("grace", "note"), [(None, ""), (60, "finished")])
def test_grace_decides_whether_a_container_may_finish(
    plugin: Client, name: Name, image: str, grace: int | None, note: str
) -> None:
    mount = {"type": "volume", "source": name("data"), "target": "/data"}
    wanted = {"name": name("a"), "image": image, "command": ["sh", "-c", _ON_TERM], "mounts": [mount]}
    created = plugin.create(CONTAINER, wanted | ({"destroyGraceSeconds": grace} if grace else {}))
    wait_for(lambda: docker("exec", name("a"), "cat", "/data/up", missing_is_fine=True) == "ready")
    plugin.delete(created)
    left = docker("run", "--rm", "--volume", f"{name('data')}:/data", image, "sh", "-c", "cat /data/note || true")
    assert left == note


def test_grace_comes_from_the_state_and_not_from_the_program(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP}
    created = plugin.create(CONTAINER, wanted)
    difference = plugin.difference(created, wanted | {"destroyGraceSeconds": 5})
    assert difference.changed
    assert not difference.replaces
    assert plugin.update(created, wanted | {"destroyGraceSeconds": 5}).outputs["destroyGraceSeconds"] == 5


def test_stopped_container_that_must_run_is_started_again(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP}
    created = plugin.create(CONTAINER, wanted)
    docker("stop", "--time", "0", name("a"))
    stopped = reread(plugin, created)
    assert stopped.outputs["mustRun"] is False
    assert stopped.outputs["exitCode"] == 137
    assert plugin.difference(stopped, wanted).replaces == ()
    plugin.update(stopped, wanted)
    assert inspected(name("a"))["State"]["Running"]


def test_stopped_container_with_published_ports_is_replaced(plugin: Client, name: Name, image: str) -> None:
    ports = [{"internal": 80, "ip": "127.0.0.1"}]
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "ports": ports}
    created = plugin.create(CONTAINER, wanted)
    docker("stop", "--time", "0", name("a"))
    assert plugin.difference(reread(plugin, created), wanted).replaces == ("ports",)


def test_completed_container_that_need_not_run_is_left_alone(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": ["sh", "-c", "exit 7"], "mustRun": False}
    created = plugin.create(CONTAINER, wanted)
    docker("wait", name("a"))
    completed = reread(plugin, created)
    assert completed.outputs["exitCode"] == 7
    assert not plugin.difference(completed, wanted).changed


def test_prepared_container_is_made_and_left_to_whoever_starts_it(plugin: Client, name: Name, image: str) -> None:
    wanted = {
        "name": name("a"),
        "image": image,
        "command": ["sh", "-c", "exit 7"],
        "start": False,
        "mustRun": False,
        "destroyGraceSeconds": 5,
    }
    created = plugin.create(CONTAINER, wanted)
    assert inspected(name("a"))["State"]["Status"] == "created"
    assert not plugin.difference(reread(plugin, created), wanted).changed
    docker("start", name("a"))
    docker("wait", name("a"))
    ended = reread(plugin, created)
    assert ended.outputs["exitCode"] == 7
    assert not plugin.difference(ended, wanted).changed
    plugin.delete(ended)
    assert name("a") not in docker("ps", "--all", "--format", "{{.Names}}").split()


def test_attached_container_returns_its_logs_and_exit_code(plugin: Client, name: Name, image: str) -> None:
    command = ["sh", "-c", "echo out; echo err >&2; exit 3"]
    wanted = {"name": name("a"), "image": image, "command": command, "attach": True, "logs": True, "mustRun": False}
    outputs = plugin.create(CONTAINER, wanted).outputs
    assert sorted(outputs["containerLogs"].split()) == ["err", "out"]
    assert outputs["exitCode"] == 3


def test_memory_without_swap_differs_for_ever(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "memory": 32}
    created = plugin.create(CONTAINER, wanted)
    assert plugin.difference(created, wanted).changed
    found = reread(plugin, created)
    assert found.outputs["memorySwap"] == 64, "Docker allows as much swap again"
    assert plugin.difference(found, wanted).changed
    assert plugin.difference(reread(plugin, plugin.update(found, wanted)), wanted).changed


def test_short_capability_replaces_the_container_every_time(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "capabilities": {"adds": ["CHOWN"]}}
    found = reread(plugin, plugin.create(CONTAINER, wanted))
    assert plugin.difference(found, wanted).replaces == ("capabilities",)


def test_drift_of_limits_is_shown_and_healed(plugin: Client, name: Name, image: str) -> None:
    wanted = everything(name, image)
    created = plugin.create(CONTAINER, wanted)
    docker("update", "--restart", "no", "--memory", "40m", "--memory-swap", "40m", name("a"))
    drifted = reread(plugin, created)
    assert (drifted.outputs["memory"], drifted.outputs["restart"]) == (40, "no")
    assert not plugin.difference(drifted, wanted).replaces
    assert not plugin.difference(reread(plugin, plugin.update(drifted, wanted)), wanted).changed


def test_drift_of_a_limit_the_program_does_not_set_is_shown(plugin: Client, name: Name, image: str) -> None:
    wanted = {"name": name("a"), "image": image, "command": _SLEEP}
    created = plugin.create(CONTAINER, wanted)
    docker("update", "--cpu-shares", "333", name("a"))
    assert plugin.difference(reread(plugin, created), wanted).changed


def test_container_joins_its_networks_and_leaves_the_default_one(plugin: Client, name: Name, image: str) -> None:
    for network in ("front", "back"):
        plugin.create(NETWORK, {"name": name(network)})
    wanted = {
        "name": name("a"),
        "image": image,
        "command": _SLEEP,
        "networksAdvanced": [{"name": name("front"), "aliases": ["web", "www"]}, {"name": name("back")}],
    }
    created = plugin.create(CONTAINER, wanted)
    networks = inspected(name("a"))["NetworkSettings"]["Networks"]
    assert set(networks) == {name("front"), name("back")}
    assert {"web", "www"} <= set(networks[name("front")]["Aliases"])
    assert {network["networkName"] for network in created.outputs["networkDatas"]} == set(networks)
    assert not plugin.difference(reread(plugin, created), wanted).changed


def test_files_are_in_the_container_before_it_starts(plugin: Client, name: Name, image: str) -> None:
    uploads = [
        {"file": "/data/text", "content": "hello", "permissions": "0400"},
        {"file": "/data/program", "contentBase64": "aGk=", "executable": True},
    ]
    command = ["sh", "-c", "cat /data/text /data/program; stat -c %a /data/text /data/program"]
    wanted = {"name": name("a"), "image": image, "command": command, "uploads": uploads}
    plugin.create(CONTAINER, wanted | {"attach": True, "mustRun": False})
    assert docker("logs", name("a")).split() == ["hellohi400", "744"]


def test_creation_can_wait_for_health(plugin: Client, name: Name, image: str) -> None:
    healthcheck = {"tests": ["CMD", "true"], "interval": "1s"}
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "wait": True, "healthcheck": healthcheck}
    plugin.create(CONTAINER, wanted)
    assert inspected(name("a"))["State"]["Health"]["Status"] == "healthy"


def test_named_volume_outlives_its_container(plugin: Client, name: Name, image: str) -> None:
    volume = plugin.create(VOLUME, {"name": name("data")})
    mount = {"type": "volume", "source": name("data"), "target": "/data"}
    wanted = {"name": name("a"), "image": image, "command": _SLEEP, "mounts": [mount]}
    plugin.delete(plugin.create(CONTAINER, wanted))
    assert plugin.read(volume) is not None


def test_preview_shows_what_the_server_will_choose_as_unknown(plugin: Client, name: Name) -> None:
    ports = [{"internal": 80}]
    outputs = plugin.preview(CONTAINER, {"name": name("a"), "image": "nothing/here:1", "ports": ports})
    for unknown in ("networkDatas", "exitCode", "containerLogs", "bridge", "hostname", "ipcMode", "shmSize"):
        assert outputs[unknown] is UNKNOWN, unknown
    assert outputs["ports"][0]["external"] is UNKNOWN
    assert outputs["image"] == "nothing/here:1"
