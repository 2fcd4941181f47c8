"""What the end of a preview says."""

from stacks.impact import sentence


def test_each_service_of_a_changed_product_has_a_line() -> None:
    impacts = {"web": "rolling", "db": "no change"}
    assert sentence("shop", impacts) == "shop/db: no change\nshop/web: rolling"


def test_a_product_that_stays_as_it_is_has_one_line() -> None:
    assert sentence("shop", {"web": "no change", "db": "no change"}) == "shop: no change"
