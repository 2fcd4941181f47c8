"""What the stand-in for docker refuses; the vendor's plugin refuses it too, or says so in a warning."""

from typing import Any

import pytest

from infra.host.plugin.values import UNKNOWN, Secret
from tests.plugin.standins.client import CONTAINER, NETWORK, VOLUME, Client


@pytest.mark.parametrize(
    ("field", "value", "property_"),
    [
        ("imagee", "a", "imagee"),
        ("gpus", "all", "gpus"),
        ("memory", "64", "memory"),
        ("memory", True, "memory"),
        ("memory", -1, "memory"),
        ("mustRun", "yes", "mustRun"),
        ("restart", "sometimes", "restart"),
        ("command", "sleep 1", "command"),
        ("command", [1], "command[0]"),
        ("cpuSet", "first", "cpuSet"),
        ("tmpfs", ["/run"], "tmpfs"),
        ("tmpfs", {"/run": 1}, "tmpfs./run"),
        ("labels", {"a": "1"}, "labels"),
        ("labels", [{"label": "a"}], "labels[0].value"),
        ("ports", [{"external": 80}], "ports[0].internal"),
        ("ports", [{"internal": 80, "host": "a"}], "ports[0].host"),
        ("mounts", [{"target": "/a", "type": "nfs"}], "mounts[0].type"),
        ("volumes", [{"hostPath": "data", "containerPath": "/data"}], "volumes[0].hostPath"),
        ("healthcheck", {"interval": "soon"}, "healthcheck.interval"),
        ("healthcheck", {"interval": "-1s"}, "healthcheck.interval"),
        ("healthcheck", {"retries": -1}, "healthcheck.retries"),
        ("uploads", [{"file": "/a", "permissions": "rw"}], "uploads[0].permissions"),
    ],
)
def test_input_of_a_container_is_refused_by_its_path(standin: Client, field: str, value: Any, property_: str) -> None:
    assert list(standin.failures(CONTAINER, {"name": "a", "image": "b", field: value})) == [property_]


def test_all_mistakes_are_listed_at_once(standin: Client) -> None:
    assert set(standin.failures(CONTAINER, {"memory": "much", "colour": "red"})) == {
        "name",
        "image",
        "memory",
        "colour",
    }


def test_refusal_never_repeats_a_value(standin: Client) -> None:
    failures = standin.failures(CONTAINER, {"name": "a", "image": "b", "restart": Secret("hunter2-hunter2")})
    assert set(failures) == {"restart"}
    assert "hunter2" not in failures["restart"]


@pytest.mark.parametrize("token", [NETWORK, VOLUME])
def test_networks_and_volumes_refuse_inputs_they_do_not_know(standin: Client, token: str) -> None:
    assert set(standin.failures(token, {"name": "a", "colour": "red"})) == {"colour"}
    assert set(standin.failures(token, {})) == {"name"}


def test_unknown_values_are_accepted_everywhere(standin: Client) -> None:
    wanted = {
        "name": UNKNOWN,
        "image": UNKNOWN,
        "memory": UNKNOWN,
        "envs": ["A=1", UNKNOWN],
        "labels": [{"label": "a", "value": UNKNOWN}, UNKNOWN],
        "healthcheck": {"interval": UNKNOWN},
        "ports": UNKNOWN,
    }
    checked = standin.checked(CONTAINER, wanted)
    assert checked["labels"] == wanted["labels"]
    assert checked["ports"] is UNKNOWN


def test_defaults_are_the_vendors(plugin: Client) -> None:
    wanted = {"name": "a", "image": "b", "ports": [{"internal": 80}], "healthcheck": {"tests": ["CMD", "true"]}}
    checked = _without_notes(plugin.checked(CONTAINER, wanted))
    assert checked == {
        "name": "a",
        "image": "b",
        "containerReadRefreshTimeoutMilliseconds": 15000,
        "healthcheck": {
            "tests": ["CMD", "true"],
            "interval": "0s",
            "timeout": "0s",
            "startPeriod": "0s",
            "startInterval": "0s",
        },
        "mustRun": True,
        "networkMode": "bridge",
        "ports": [{"internal": 80, "ip": ".".join("0000"), "protocol": "tcp"}],
        "removeVolumes": True,
        "restart": "no",
        "start": True,
        "waitTimeout": 60,
    }


def _without_notes(value: Any) -> Any:
    """Return inputs without what the vendor's bridge notes down for itself."""
    if isinstance(value, dict):
        return {name: _without_notes(item) for name, item in value.items() if name != "__defaults"}
    return [_without_notes(item) for item in value] if isinstance(value, list) else value
