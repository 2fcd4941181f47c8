"""Durations and sizes."""

import pytest

from infra.compose.quantities import Duration, mebibytes


@pytest.mark.parametrize(
    ("written", "docker"),
    [
        ("90s", "1m30s"),
        ("1m", "1m0s"),
        ("1m30s", "1m30s"),
        ("1h", "1h0m0s"),
        ("1h30s", "1h0m30s"),
        ("1.5h", "1h30m0s"),
        ("500ms", "500ms"),
        ("1500ms", "1.5s"),
        ("1h0m1.5s", "1h0m1.5s"),
        ("0s", "0s"),
        ("1d", "24h0m0s"),
        ("2s", "2s"),
    ],
)
def test_duration_is_written_as_docker_gives_it_back(written: str, docker: str) -> None:
    assert str(Duration.parse(written)) == docker
    assert str(Duration.parse(docker)) == docker, "Docker's own form must stay as it is"


@pytest.mark.parametrize("written", ["", "5", "5 s", "s", "-5s", "1m30", "canary"])
def test_what_is_no_duration_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match="must be a duration") as caught:
        Duration.parse(written)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("written", "seconds"), [("500ms", 1), ("1s", 1), ("1.1s", 2), ("1m30s", 90), ("0s", 0)])
def test_seconds_are_rounded_up(written: str, seconds: int) -> None:
    assert Duration.parse(written).seconds == seconds


@pytest.mark.parametrize(("size", "whole"), [("1048576", 1), ("268435456", 256), ("1073741824", 1024)])
def test_size_is_counted_in_mebibytes(size: str, whole: int) -> None:
    assert mebibytes(size) == whole


@pytest.mark.parametrize("size", ["0", "300", "1048577"])
def test_size_that_is_no_whole_mebibyte_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="whole number of mebibytes"):
        mebibytes(size)
