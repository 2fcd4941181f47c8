"""Wire values: secrets and unknown values survive the way in and out."""

from typing import Any

import pytest

from infra.host.plugin.values import UNKNOWN, Secret, contains_unknown, decode, encode, plain, redact, rewrap

NESTED: dict[str, Any] = {
    "text": "a",
    "none": None,
    "flag": True,
    "number": 3,
    "part": 1.5,
    "list": [1, {"deep": "x"}],
    "map": {},
}


def test_plain_values_survive_the_wire() -> None:
    assert decode(encode(NESTED)) == NESTED


def test_whole_numbers_stay_whole() -> None:
    assert isinstance(decode(encode({"number": 3}))["number"], int)


def test_secrets_and_unknown_values_survive_the_wire() -> None:
    values = {"secret": Secret({"a": ["b"]}), "unknown": UNKNOWN, "list": [UNKNOWN, Secret("x")]}
    assert decode(encode(values)) == values


def test_unknown_values_of_every_type_are_unknown() -> None:
    assert decode(encode({"number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421"})) == {"number": UNKNOWN}


def test_an_output_value_is_a_secret_or_unknown() -> None:
    signature = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    values = {
        "unknown": signature,
        "secret": {**signature, "value": "x", "secret": True},
        "plain": {**signature, "value": 1},
    }
    assert decode(encode(values)) == {"unknown": UNKNOWN, "secret": Secret("x"), "plain": 1}


def test_a_secret_does_not_show_its_value() -> None:
    assert "canary" not in repr([Secret("canary")])


def test_plain_has_no_secret_left() -> None:
    assert plain({"a": Secret([Secret("b")]), "c": [Secret("d")]}) == {"a": ["b"], "c": ["d"]}


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("x", Secret("y"), Secret("x")),
        ("x", "y", "x"),
        ({"a": 1, "b": 2}, {"a": Secret(0), "b": 0}, {"a": Secret(1), "b": 2}),
        ([1, 2], [0, Secret(0)], [1, Secret(2)]),
        ([1, 2, 3], [0, Secret(0)], Secret([1, 2, 3])),
        ({"a": "text"}, {"a": {"deep": Secret(0)}}, {"a": Secret("text")}),
        ({"a": UNKNOWN}, {"a": Secret(0)}, {"a": Secret(UNKNOWN)}),
        ({"new": 1}, {"gone": Secret(0)}, {"new": 1}),
    ],
)
def test_what_came_in_as_a_secret_goes_out_as_one(answer: Any, reference: Any, expected: Any) -> None:
    assert rewrap(answer, reference) == expected


def test_an_unknown_value_is_found_anywhere() -> None:
    assert contains_unknown({"a": [{"b": Secret(UNKNOWN)}]})
    assert not contains_unknown({"a": [{"b": Secret(1)}]})


def test_a_message_loses_every_secret_whole_and_line_by_line() -> None:
    reference = {"key": Secret("first line\nsecond line"), "list": [Secret("third")], "port": Secret("22")}
    assert redact("no first line, second line or third on port 22", reference) == (
        "no [secret], [secret] or [secret] on port 22"
    )


def test_what_has_no_wire_form_is_refused_without_its_value() -> None:
    with pytest.raises(TypeError, match="a value of type set cannot be sent"):
        encode({"a": {"canary"}})
