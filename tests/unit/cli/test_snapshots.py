"""Which release a product goes back to."""

import pytest

from infra.cli.snapshots import before, named, snapshots
from infra.host.agent.release_record import Record
from tests.unit.cli.history import failed, image, record


def images(**numbers: int) -> dict[str, str]:
    return {name: image(name, number) for name, number in numbers.items()}


def back(records: list[Record], **now: int) -> str | None:
    snapshot = before(snapshots(records), images(**now))
    return snapshot.id if snapshot else None


FIRST = [record(1, "web", 1), record(1, "db", 1)]


@pytest.mark.parametrize(
    ("later", "now", "expected"),
    [
        ([record(2, "web", 2)], {"web": 2, "db": 1}, "run1"),
        ([failed(2, "web", 2)], {"web": 2, "db": 1}, "run1"),
        ([], {"web": 2, "db": 1}, "run1"),
        ([], {"web": 1, "db": 1}, None),
        ([record(2, "web", 2), record(3, "web", 3), record(4, "web", 2)], {"web": 2, "db": 1}, "run1"),
        ([record(2, "web", 2), record(3, "web", 1)], {"web": 1, "db": 1}, None),
        ([record(2, "web", 2), record(3, "web", 1), record(4, "web", 3)], {"web": 3, "db": 1}, "run3"),
        ([record(2, "db", 2), failed(2, "web", 2)], {"web": 2, "db": 2}, "run1"),
        ([record(2, "web", 2), failed(3, "web", 3)], {"web": 3, "db": 1}, "run2"),
    ],
)
def test_a_product_goes_back_to_what_was_good_before_its_images(
    later: list[Record], now: dict[str, int], expected: str | None
) -> None:
    assert back([*FIRST, *later], **now) == expected


def test_a_service_that_one_run_did_not_release_is_what_it_was_before() -> None:
    taken = snapshots([*FIRST, record(2, "web", 2)])
    assert {name: each.image for name, each in taken[-1].serving.items()} == images(web=2, db=1)


@pytest.mark.parametrize(("name", "expected"), [("run1", "run1"), ("web2", "run2"), ("db1", "run1"), ("web9", None)])
def test_a_release_is_named_by_run_or_by_container(name: str, expected: str | None) -> None:
    found = named(snapshots([*FIRST, record(2, "web", 2), failed(3, "web", 9)]), name)
    assert (found.id if found else None) == expected


def test_a_release_that_came_back_is_the_newest_of_its_name() -> None:
    found = named(snapshots([*FIRST, record(2, "web", 2), record(3, "web", 1)]), "web1")
    assert found is not None
    assert found.id == "run3"
