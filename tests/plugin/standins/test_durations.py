"""Durations as Docker writes them."""

import pytest

from tests.lab.plugins.docker.durations import duration_rule, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("0s", "0s"),
        ("0", "0s"),
        ("90s", "1m30s"),
        ("1m", "1m0s"),
        ("1.5s", "1.5s"),
        ("500ms", "500ms"),
        ("250us", "250µs"),
        ("7ns", "7ns"),
        ("1h", "1h0m0s"),
        ("1h0m0.5s", "1h0m0.5s"),
        ("100m", "1h40m0s"),
        ("100s", "1m40s"),
    ],
)
def test_duration_is_written_in_its_normal_form(text: str, normal: str) -> None:
    assert format_duration(parse_duration(text)) == normal


@pytest.mark.parametrize("text", ["", "s", "5", "1 s", "1d", "soon", "-1s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert duration_rule(text)
