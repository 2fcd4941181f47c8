"""Secrets named inside text."""

from infra.compose.placeholders import fill, misplaced, misspelt, placeholders

URL = "postgresql://{secret:user}:{secret:password}@db/{secret:user}"


def test_placeholders_are_named_once_in_order() -> None:
    assert placeholders(URL) == ("user", "password")


def test_every_placeholder_is_filled() -> None:
    assert fill(URL, {"user": "app", "password": "x{secret:user}"}) == "postgresql://app:x{secret:user}@db/app"


def test_other_braces_stay() -> None:
    assert fill("{a} {secret} {{b}}", {}) == "{a} {secret} {{b}}"


def test_placeholder_without_an_end_is_misspelt() -> None:
    assert misspelt("{secret:a")
    assert not misspelt(URL)


def test_placeholders_outside_of_environment_are_found() -> None:
    service = {"environment": {"A": "{secret:a}"}, "command": ["x", "{secret:b}"], "labels": {"l": "{secret:c}"}}
    assert list(misplaced({"services": {"web": service}})) == [
        ("services", "web", "command", 1),
        ("services", "web", "labels", "l"),
    ]
