"""What a preview tells of a release, from the state and the program alone."""

from typing import Any

import pytest

from infra.host.plugin.host import HostProvider
from infra.host.plugin.values import UNKNOWN

TYPES = HostProvider().types
READY: dict[str, Any] = {
    "container": "dev-shop-db",
    "containerId": "1f",
    "release": "r1",
    "strategy": "stop-first",
    "decides": True,
    "longestGap": 120,
    "data": "dev-shop-data",
}
ROUTE: dict[str, Any] = {
    "name": "dev-shop-web",
    "product": "dev-shop",
    "container": "web-r1",
    "release": "r1",
    "content": "a",
    "path": "/srv/slipway/edge/dynamic/dev-shop-web.yaml",
    "confirmAddress": "edge",
}


def impact(kind: str, former: dict[str, Any] | None, changes: dict[str, Any]) -> Any:
    base = READY if kind == "Ready" else ROUTE
    old = None if former is None else {**base, "impact": "no change", **former}
    return TYPES[f"host:index:{kind}"].predict({**base, **changes}, old)["impact"]


@pytest.mark.parametrize(
    ("former", "changes", "expected"),
    [
        ({}, {"containerId": UNKNOWN, "release": "r2"}, "stop-first ≤ 120 s down"),
        ({"down": 7.4}, {"containerId": UNKNOWN, "release": "r2"}, "stop-first ≈ 7 s down"),
        ({"down": 7.4}, {"containerId": UNKNOWN}, "stop-first ≈ 7 s down"),
        ({}, {"release": "r2"}, "in place"),
        ({}, {"revision": "4f1c"}, "no change"),
        ({}, {"data": "dev-shop-new"}, "data: on dev-shop-new, now on dev-shop-data, stop-first ≤ 120 s down"),
        ({}, {"data": ""}, "data: on none, now on dev-shop-data, stop-first ≤ 120 s down"),
        (None, {"containerId": UNKNOWN}, "new"),
        (None, {"containerId": UNKNOWN, "strategy": "rolling"}, "rolling"),
        ({}, {"strategy": "rolling", "revision": "4f1c"}, "no change"),
    ],
)
def test_a_gate_tells_what_its_release_costs(
    former: dict[str, Any] | None, changes: dict[str, Any], expected: str
) -> None:
    assert impact("Ready", former, changes) == expected


def test_a_state_of_an_older_version_is_not_taken_for_a_change() -> None:
    old = {"container": "dev-shop-db", "containerId": "1f"}
    assert TYPES["host:index:Ready"].predict(READY, old)["impact"] == "no change"


@pytest.mark.parametrize(
    ("former", "changes", "expected"),
    [
        ({}, {"container": "web-r2", "content": "b"}, "rolling"),
        ({}, {"content": "b"}, "in place"),
        ({}, {"drain": 30}, "no change"),
        (None, {}, "new"),
    ],
)
def test_a_route_tells_what_its_switch_costs(
    former: dict[str, Any] | None, changes: dict[str, Any], expected: str
) -> None:
    assert impact("Route", former, changes) == expected
