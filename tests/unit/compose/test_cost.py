"""What a release costs at most."""

from typing import Any

import pytest

from infra.compose.cost import longest_gap, written_data
from infra.compose.mount import Mount
from infra.compose.project import Healthcheck
from infra.compose.quantities import Duration
from tests.unit.services.test_container import service


def seconds(number: int) -> Duration:
    return Duration.parse(f"{number}s")


def checked(**changes: Any) -> Healthcheck:
    given = {"interval": seconds(5), "timeout": seconds(5), "retries": 2, "start_period": seconds(10)}
    return Healthcheck(test=("CMD", "true"), **{**given, **changes})


@pytest.mark.parametrize(
    ("check", "ready", "expected"),
    [
        (checked(), 60, 20 + 30),
        (checked(), 15, 20 + 15),
        (checked(interval=None, timeout=None, retries=None, start_period=None), 600, 20 + 3 * 60),
        (None, 60, 20 + 60),
        (Healthcheck(test=("NONE",)), 60, 20 + 60),
    ],
)
def test_the_longest_gap_is_the_grace_and_the_time_to_get_ready(
    check: Healthcheck | None, ready: int, expected: int
) -> None:
    database = service(healthcheck=check, stop_grace_period=seconds(20), ready_timeout=seconds(ready))
    assert longest_gap(database) == expected


def test_the_data_of_a_service_is_what_it_writes_to() -> None:
    mounts = (
        Mount(kind="volume", source="data", target="/data"),
        Mount(kind="bind", source="/srv/slipway/dev-shop/media", target="/media"),
        Mount(kind="volume", source="seed", target="/seed", read_only=True),
    )
    assert written_data(service(mounts=mounts), "dev-shop") == "/srv/slipway/dev-shop/media, dev-shop-data"
