"""What a preview says of a resource that is to take over what is on a server."""

from typing import Any

import pytest

from infra.host.agent.files import difference
from infra.host.plugin.comparing import compared
from infra.host.plugin.values import UNKNOWN, Properties, Secret

CANARY = "canary-41c0"


def remark(wanted: Properties, found: dict[str, Any] | None) -> str:
    return compared(wanted, found).remark


def test_what_is_as_wanted_is_already_so() -> None:
    assert remark({"path": "/a", "mode": "0600"}, {"mode": "0600"}) == "already so"


def test_what_is_missing_is_not_there_yet() -> None:
    assert remark({"path": "/a"}, None) == "is not there yet"


CHANGES: dict[str, tuple[Any, Any, str]] = {
    "a text": ("0600", "0644", "it 0644 to 0600"),
    "a switch": (True, False, "it false to true"),
    "a number is no switch": (1, True, "it true to 1"),
    "nothing there": ("a", None, "it none to a"),
    "an empty text": ("", "a", 'it a to ""'),
    "a long text": ("b" * 80, "a", f"it a to {'b' * 59}…"),
    "several lines": ("a\nb\n", "a\nb\nc\n", "it (differs: 3 lines there, 2 wanted)"),
    "a sum in place of a text": ("a\n", difference(b"x\ny"), "it (differs: 2 lines there, 1 wanted)"),
    "more in a list": (["a", "b"], ["a"], "it (adds b)"),
    "less in a list": (["a"], ["a", "b", "c"], "it (takes away b, c)"),
    "others in a list": (["a"], ["b"], "it (adds a; takes away b)"),
    "another order": (["a", "b"], ["b", "a"], "it (in another order)"),
    "many in a list": (list("abcde"), [], "it (adds 5)"),
    "long ones in a list": (["ssh-ed25519 " + "A" * 60], [], "it (adds 1)"),
    "a key of a map": ({"a": "1", "b": "2"}, {"a": "1", "b": "3"}, "it.b 3 to 2"),
    "keys missing in a map": ({"a": "1"}, {}, "it.a none to 1"),
    "keys over in a map": ({}, {"a": "1"}, "it.a 1 to none"),
}


@pytest.mark.parametrize("case", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_told_from_what_to_what(case: tuple[Any, Any, str]) -> None:
    wanted, found, told = case
    assert remark({"it": wanted}, {"it": found}) == f"changes {told}"


def test_all_changes_are_told_in_the_order_of_the_inputs() -> None:
    wanted, found = {"owner": "root", "mode": "0600"}, {"mode": "0644", "owner": "anna"}
    assert remark(wanted, found) == "changes owner anna to root, mode 0644 to 0600"


@pytest.mark.parametrize("found", [f"{CANARY} before", [CANARY], {"inner": CANARY}, None])
@pytest.mark.parametrize("secret", [Secret(CANARY), {"inner": Secret(CANARY)}, [Secret(CANARY)]])
def test_of_a_secret_neither_side_is_told(secret: object, found: object) -> None:
    assert CANARY not in remark({"value": secret}, {"value": found})


def test_a_secret_that_differs_is_told_to_differ() -> None:
    assert remark({"value": Secret("a")}, {"value": "b"}) == "changes value (differs: 1 line there, 1 wanted)"
    assert remark({"value": Secret("a")}, {"value": "a"}) == "already so"


@pytest.mark.parametrize("unknown", [UNKNOWN, [UNKNOWN, "a"], {"a": UNKNOWN}, Secret(UNKNOWN)])
def test_what_is_not_known_yet_is_not_compared_and_the_rest_is(unknown: object) -> None:
    found = {"content": "x", "mode": "0644"}
    assert remark({"content": unknown, "mode": "0600"}, found) == "changes mode 0644 to 0600"
