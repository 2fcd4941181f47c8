"""Inputs against the fields of a kind."""

from typing import Any

import pytest

from infra.host.agent.file import File
from infra.host.agent.ready import Ready
from infra.host.agent.unit import Unit
from infra.host.agent.user import User
from infra.host.plugin.checking import check
from infra.host.plugin.errors import InvalidInputsError
from infra.host.plugin.values import UNKNOWN

FILE = {"path": "/etc/motd", "content": "x"}


def mistakes(kind: Any, **inputs: Any) -> dict[str, str]:
    with pytest.raises(InvalidInputsError) as error:
        check(kind, inputs)
    return {failure.property: failure.reason for failure in error.value.failures}


def test_defaults_are_filled_in() -> None:
    assert check(File, FILE) == {**FILE, "mode": "0644", "owner": "root", "group": "root"}


def test_what_is_not_managed_stays_out() -> None:
    assert check(User, {"name": "deploy"}) == {
        "name": "deploy",
        "shell": "/bin/bash",
        "groups": [],
        "system": False,
        "exclusiveGroups": False,
    }


def test_names_are_camel_case_on_the_wire() -> None:
    assert check(Unit, {"name": "a.service", "restartOn": {"/etc/a": "sum"}})["restartOn"] == {"/etc/a": "sum"}


def test_every_mistake_is_told_at_once() -> None:
    assert mistakes(File, path=3, mod="0644") == {
        "path": "must be a text",
        "content": "is required",
        "mod": "is not a property of File; did you mean mode?",
    }


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"uid": "1000"}, "uid", "must be a whole number"),
        ({"uid": True}, "uid", "must be a whole number"),
        ({"system": "yes"}, "system", "must be true or false"),
        ({"groups": "docker"}, "groups", "must be a list"),
        ({"groups": ["docker", 3]}, "groups[1]", "must be a text"),
    ],
)
def test_a_wrong_type_is_told_by_path(inputs: dict[str, Any], path: str, reason: str) -> None:
    assert mistakes(User, name="deploy", **inputs) == {path: reason}


def test_a_wrong_item_of_a_map_is_told_by_its_key() -> None:
    assert mistakes(Unit, name="a.service", restartOn={"/etc/a": 1}) == {"restartOn['/etc/a']": "must be a text"}


def test_a_whole_number_is_a_number() -> None:
    assert check(Ready, {"container": "web", "timeout": 5})["timeout"] == 5


def test_an_unknown_value_is_of_any_type() -> None:
    assert check(User, {"name": UNKNOWN, "uid": UNKNOWN, "groups": [UNKNOWN]})["uid"] is UNKNOWN


def test_what_no_server_can_take_is_a_mistake() -> None:
    assert set(mistakes(File, path="relative", content="", mode="rw")) == {"path", "mode"}
