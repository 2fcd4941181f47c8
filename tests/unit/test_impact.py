"""What the end of a preview says."""

import pytest

from infra.host.agent.impact import together
from stacks.impact import sentence


def test_each_service_of_a_changed_product_has_a_line() -> None:
    impacts = {"web": "rolling", "db": "no change"}
    assert sentence("shop", impacts) == "shop/db: no change\nshop/web: rolling"


def test_a_product_that_stays_as_it_is_has_one_line() -> None:
    assert sentence("shop", {"web": "no change", "db": "no change"}) == "shop: no change"


@pytest.mark.parametrize(
    ("release", "before", "told"),
    [
        ("rolling", "migrates first (expand)", "rolling, migrates first (expand)"),
        ("rolling", "no change", "rolling"),
        ("no change", "migrates first (expand)", "migrates first (expand)"),
        ("no change", "no change", "no change"),
    ],
)
def test_a_release_is_told_with_what_goes_before_it(release: str, before: str, told: str) -> None:
    assert together(release, before) == told
