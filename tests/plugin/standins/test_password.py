"""Passwords, by the stand-in and by the vendor's plugin."""

import bcrypt
import pytest

from infra.host.plugin.values import UNKNOWN, Properties, Secret
from tests.plugin.standins.client import PASSWORD, Client

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


def _result(client: Client, wanted: Properties) -> str:
    result = client.create(PASSWORD, wanted).outputs["result"]
    assert isinstance(result, Secret), "a password is a secret"
    return str(result.value)


def test_password_has_the_length_and_the_characters_asked_for(random_plugin: Client) -> None:
    assert len(_result(random_plugin, {"length": 40})) == 40
    assert _result(random_plugin, {"length": 200, "special": False}).isalnum()
    digits = {"length": 50, "special": False, "upper": False, "lower": False}
    assert _result(random_plugin, digits).isdecimal()
    only = digits | {"numeric": False, "special": True, "overrideSpecial": "_-"}
    assert set(_result(random_plugin, only)) == {"_", "-"}


def test_password_has_as_many_of_each_kind_as_demanded(random_plugin: Client) -> None:
    least = {"minUpper": 3, "minLower": 4, "minNumeric": 5, "minSpecial": 6}
    password = _result(random_plugin, {"length": 18, **least})
    counts = [sum(map(test, password)) for test in (str.isupper, str.islower, str.isdecimal)]
    assert [*counts, sum(character in _SPECIAL for character in password)] == [3, 4, 5, 6]


def test_two_passwords_differ(random_plugin: Client) -> None:
    assert _result(random_plugin, {"length": 32}) != _result(random_plugin, {"length": 32})


@pytest.mark.parametrize("length", [20, 100])
def test_hash_is_of_the_first_72_bytes_of_the_password(random_plugin: Client, length: int) -> None:
    outputs = random_plugin.create(PASSWORD, {"length": length}).outputs
    digest = outputs["bcryptHash"]
    assert isinstance(digest, Secret)
    assert digest.value.startswith("$2a$10$")
    assert bcrypt.checkpw(outputs["result"].value.encode()[:72], digest.value.encode())


def test_password_stays_the_same_when_read_again(random_plugin: Client) -> None:
    wanted = {"length": 20, "keepers": {"rotation": "1"}}
    created = random_plugin.create(PASSWORD, wanted)
    found = random_plugin.read(created)
    assert found is not None
    assert found.outputs["result"] == created.outputs["result"]
    assert found.inputs == created.inputs
    assert not random_plugin.difference(found, wanted).changed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("length", 21),
        ("keepers", {"rotation": "2"}),
        ("keepers", {"rotation": UNKNOWN}),
        ("special", False),
        ("minUpper", 1),
        ("overrideSpecial", "_"),
    ],
)
def test_any_change_makes_a_new_password(random_plugin: Client, field: str, value: object) -> None:
    wanted = {"length": 20, "keepers": {"rotation": "1"}}
    created = random_plugin.create(PASSWORD, wanted)
    difference = random_plugin.difference(created, wanted | {field: value})
    assert difference.replaces == (field,)
    assert not difference.delete_before_replace, "what uses the old password keeps it until the new one is there"


def test_default_that_is_written_out_makes_no_new_password(random_plugin: Client) -> None:
    created = random_plugin.create(PASSWORD, {"length": 20})
    assert not random_plugin.difference(created, {"length": 20, "special": True, "minUpper": 0}).changed


def test_inputs_are_not_filled_with_defaults(random_plugin: Client) -> None:
    assert random_plugin.checked(PASSWORD, {"length": 20}) == {"length": 20}


def test_outputs_name_every_default(random_plugin: Client) -> None:
    outputs = random_plugin.create(PASSWORD, {"length": 20}).outputs
    flags = {name: outputs[name] for name in ("special", "upper", "lower", "numeric")}
    assert flags == dict.fromkeys(flags, True)
    least = {name: outputs[name] for name in ("minSpecial", "minUpper", "minLower", "minNumeric")}
    assert least == dict.fromkeys(least, 0)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"length": 0},
        {"length": 3, "minUpper": 2, "minLower": 2},
        {"length": 8, "special": False, "upper": False, "lower": False, "numeric": False},
    ],
)
def test_contradiction_is_refused(random_plugin: Client, wanted: Properties) -> None:
    assert random_plugin.failures(PASSWORD, wanted)


def test_preview_shows_the_password_as_unknown(random_plugin: Client) -> None:
    result = random_plugin.preview(PASSWORD, {"length": 20})["result"]
    assert result in {UNKNOWN, Secret(UNKNOWN)}
