"""What a server's containers are promised, against what it has."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.config.conftest import Stack, change

AT = "Pulumi.dev.yaml: slipway:servers.main.capacity"
COMPOSE = """
services:
  web: {image: registry.example.com/web:1, expose: ["8000"], environment: {URL: "${URL}"}, mem_limit: 300m, cpus: 1.5}
  db: {image: "postgres:17", secrets: [db_password], volumes: [data:/data], cpus: 0.5}
volumes: {data: }
secrets: {db_password: {external: true}}
"""


@pytest.fixture
def small(stack: Stack) -> Stack:
    """Return a stack whose containers may take 300 + 512 + 384 MiB, and 300 more for a release."""
    (stack.root / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    return stack


def capacity(memory: str, cpus: object = 64, **more: Any) -> Callable[[Stack], None]:
    return change("servers", "main", "capacity", to={"memory": memory, "cpus": cpus, **more})


def test_what_fits_to_the_mebibyte_is_taken(small: Stack) -> None:
    capacity("2008MiB")(small)
    assert small.load().servers["main"].capacity is not None


def test_a_mebibyte_less_is_refused_with_every_sum(small: Stack) -> None:
    capacity("2007MiB")(small)
    assert small.mistakes() == [
        (
            f"{AT}.memory: is overbooked: shop 812 MiB, the edge 384 MiB, a release of shop/web 300 MiB come to "
            "1496 MiB of the 1495 MiB that may be promised (the server has 2007 MiB, 512 MiB of it reserved): lower "
            "limits, move a product, or allow more by `overbook: {memory: …}`"
        )
    ]


@pytest.mark.parametrize("more", [{"reserved": "511MiB"}, {"overbook": {"memory": 1.5}}, {"overbook": {"memory": "2"}}])
def test_less_reserved_or_a_factor_lets_it_through(small: Stack, more: dict[str, Any]) -> None:
    capacity("2007MiB", **more)(small)
    small.load()


def test_processors_are_promised_four_times_over(small: Stack) -> None:
    capacity("64GiB", 0.875)(small)
    small.load()
    capacity("64GiB", 0.8)(small)
    (line,) = small.mistakes()
    assert line.startswith(
        f"{AT}.cpus: is overbooked: shop 2, a release of shop/web 1.5 come to 3.5 of the 3.2 that may be promised"
    )
    capacity("64GiB", 1, overbook={"cpus": 1})(small)
    assert "of the 1 that may be promised" in small.mistakes()[0]


@pytest.mark.parametrize(
    ("keys", "sum_of_shop", "release"),
    [
        ("deploy: {replicas: 3}", 1412, 900),
        ("x-slipway: {jobs: {tidy: {schedule: daily, command: tidy, timeout: 5m}}}", 1112, 300),
        ("x-slipway: {release: recreate}", 812, 0),
        ("x-slipway: {release: recreate, migrate: {command: migrate, phase: expand}}", 812, 300),
    ],
)
def test_every_container_that_may_run_at_once_is_counted(
    small: Stack, keys: str, sum_of_shop: int, release: int
) -> None:
    text = COMPOSE.replace("web: {", f"web: {{{keys}, ")
    (small.root / "compose.yaml").write_text(text, encoding="utf-8")
    need = sum_of_shop + release + 384 + 512
    capacity(f"{need}MiB")(small)
    small.load()
    capacity(f"{need - 1}MiB")(small)
    (line,) = small.mistakes()
    assert f"shop {sum_of_shop} MiB" in line
    assert f"a release of shop/web {release} MiB" in line if release else "a release" not in line


def test_a_service_that_sets_no_limit_counts_with_that_of_its_product(small: Stack) -> None:
    small.product["memory"] = 100
    capacity("1596MiB")(small)
    small.load()
    capacity("1595MiB")(small)
    assert "shop 400 MiB" in small.mistakes()[0]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("memory", "4 GB", "memory: must be a size, such as `4GiB` or `1536MiB`"),
        ("memory", 4096, "memory: must be a size, such as `4GiB` or `1536MiB`"),
        ("cpus", 0, "cpus: must be a number greater than 0, and at most 4096, such as `2` or `0.5`"),
        ("cpus", "two", "cpus: must be a number greater than 0, and at most 4096, such as `2` or `0.5`"),
        ("cpus", True, "cpus: must be a number greater than 0, and at most 4096, such as `2` or `0.5`"),
        (
            "overbook",
            {"cpus": 0.5},
            (
                "overbook.cpus: must be at least 1: what is less than the server has is said by `reserved`, or by a "
                "smaller capacity"
            ),
        ),
        ("disk", 1, "disk: is not a key here; known are `memory`, `cpus`, `reserved`, `overbook`"),
    ],
)
def test_a_capacity_that_is_none_is_told(small: Stack, key: str, value: object, sentence: str) -> None:
    capacity("64GiB")(small)
    small.server["capacity"][key] = value
    assert small.mistakes() == [f"{AT}.{sentence}"]
