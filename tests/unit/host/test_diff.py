"""Differences path by path."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from infra.host.plugin.diff import changes, diff_response
from infra.host.plugin.values import UNKNOWN, Secret

ADD, UPDATE, DELETE = provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.DELETE


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", UPDATE)]),
        ({}, {"a": 2}, [("a", ADD)]),
        ({"a": 1}, {}, [("a", DELETE)]),
        ({"a": None}, {}, []),
        ({"a": 1}, {"a": UNKNOWN}, [("a", UPDATE)]),
        ({"a": Secret("x")}, {"a": "x"}, []),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, [("a[1]", UPDATE), ("a[2]", ADD)]),
        ({"a": {"/etc/x": 1, "b": 1}}, {"a": {"/etc/x": 2}}, [('a["/etc/x"]', UPDATE), ("a.b", DELETE)]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", UPDATE)]),
        ({"a": True}, {"a": 1}, []),
        ({"__defaults": []}, {}, []),
    ],
)
def test_every_changed_path_is_named(old: dict[str, Any], new: dict[str, Any], expected: list[Any]) -> None:
    assert [tuple(change) for change in changes(old, new)] == expected


def test_a_change_below_an_identity_replaces() -> None:
    response = diff_response(
        {"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 2}, replaces={"a"}, delete_before_replace=True
    )
    kinds = {path: change.kind for path, change in response.detailedDiff.items()}
    assert kinds == {"a.b": provider_pb2.PropertyDiff.UPDATE_REPLACE, "c": UPDATE}
    assert (list(response.replaces), list(response.diffs)) == (["a"], ["a", "c"])
    assert response.deleteBeforeReplace
    assert all(change.inputDiff for change in response.detailedDiff.values())


def test_no_difference_is_said_in_detail() -> None:
    response = diff_response({"a": 1}, {"a": 1}, replaces={"a"}, delete_before_replace=True)
    assert response.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert response.hasDetailedDiff
    assert not response.deleteBeforeReplace
