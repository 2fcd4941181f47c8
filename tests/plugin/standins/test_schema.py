"""When an input and what is found on the server mean the same."""

import pytest

from tests.lab.plugins.docker.container_inputs import CONTAINER
from tests.lab.plugins.schema import found_inputs, same

_PORT = {"internal": 80, "ip": "127.0.0.1", "protocol": "tcp"}


@pytest.mark.parametrize(
    ("field", "wanted", "found"),
    [
        ("memory", None, 0),
        ("memory", 0, None),
        ("hostname", None, "chosen-by-the-daemon"),
        ("dns", ["a", "b"], ["b", "a"]),
        ("tmpfs", {"/run": "a"}, {"/run": "a"}),
        ("tmpfs", {}, None),
        ("ports", [_PORT], [_PORT | {"external": 32768}]),
        ("mounts", [{"type": "bind", "target": "/a"}], [{"type": "bind", "target": "/a", "readOnly": False}]),
        ("capabilities", {"drops": ["ALL"]}, {"drops": ["ALL"], "adds": []}),
    ],
)
def test_values_mean_the_same(field: str, wanted: object, found: object) -> None:
    assert same(CONTAINER[field], wanted, found)


@pytest.mark.parametrize(
    ("field", "wanted", "found"),
    [
        ("memory", None, 64),
        ("init", False, True),
        ("command", ["a", "b"], ["b", "a"]),
        ("dns", ["a"], ["a", "b"]),
        ("dns", ["a", "a"], ["a", "b"]),
        ("tmpfs", {"/run": "a"}, {"/run": "b"}),
        ("ports", [_PORT | {"external": 80}], [_PORT | {"external": 81}]),
        ("mounts", [{"type": "bind", "target": "/a"}], [{"type": "bind", "target": "/a", "readOnly": True}]),
    ],
)
def test_values_differ(field: str, wanted: object, found: object) -> None:
    assert not same(CONTAINER[field], wanted, found)


def test_input_that_says_the_same_stays_as_it_is_written() -> None:
    inputs = {"dns": ["a", "b"], "readOnly": False, "ports": [_PORT]}
    outputs = {"dns": ["b", "a"], "readOnly": False, "ports": [_PORT | {"external": 32768}]}
    assert found_inputs(CONTAINER, inputs, outputs) == inputs


def test_drift_appears_among_the_inputs() -> None:
    inputs = {"restart": "always", "mounts": [{"type": "bind", "target": "/a"}]}
    outputs = {"restart": "no", "cpuShares": 5, "user": "of-the-image", "hostname": "chosen", "mounts": []}
    assert found_inputs(CONTAINER, inputs, outputs) == {"restart": "no", "cpuShares": 5, "mounts": []}
