"""Secrets named inside text."""

from infra.compose.placeholders import fill, misplaced, misspelt, placeholders

URL = "postgresql://{secret:user}:{secret:password}@db/{secret:user}"


def test_placeholders_are_named_once_in_order() -> None:
    assert placeholders(URL) == ("user", "password")


def test_every_placeholder_is_filled_and_what_was_filled_in_is_not_read_again() -> None:
    assert fill("{secret:user}:{secret:other}", {"user": "app", "other": "{secret:user}"}) == "app:{secret:user}"


def test_a_secret_in_the_user_part_of_a_url_is_encoded_and_nowhere_else() -> None:
    secrets = {"user": "app", "password": "p@ss/word"}
    assert fill(URL, secrets) == "postgresql://app:p%40ss%2Fword@db/app"
    assert fill("{secret:password}", secrets) == "p@ss/word"
    assert fill("redis://db/0?password={secret:password}", secrets) == "redis://db/0?password=p@ss/word"


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
