"""Releases under load: what a user of the product notices of them."""

from pathlib import Path

import pytest

from tests.lab.conftest import Workshop
from tests.lab.load import Report, traffic
from tests.lab.server import LabServer
from tests.lab.shop import GIVEN_UP_SOON, Shop

RATE = 100
"""Requests a second; `make bench` measures at 200, on a machine that does nothing else."""
SHOP = Shop("dev")
BLOG = Shop("dev", "blog")
SERVER = LabServer("dev")


def assert_nothing_failed(report: Report) -> None:
    assert report.sent > 0
    report.expect_nothing_failed()


@pytest.mark.parametrize(
    "direction", [("v1", "v2"), pytest.param(("v2", "v1"), marks=pytest.mark.exhaustive)], ids=" to ".join
)
def test_a_release_loses_no_request_and_no_order(dev: Workshop, direction: tuple[str, str]) -> None:
    before, after = direction
    if SHOP.ask("/").release != before:
        dev.release("web", before)
        dev.stack.up().expect_success()
    known = len(SHOP.orders())
    dev.release("web", after)
    with traffic(SHOP.target, rate=RATE) as load:
        dev.stack.up().expect_success()
        load.wait_for(after)
    assert_nothing_failed(load.report)
    assert set(load.report.releases) >= {before, after}, "the load did not see both releases"
    assert len(SHOP.orders()) == known + load.report.orders
    assert len(web_containers()) == 1, f"the former release is still there: {web_containers()}"


def test_a_release_that_never_gets_healthy_leaves_the_old_one_serving(dev: Workshop, tmp_path: Path) -> None:
    override = tmp_path / "override.yaml"
    override.write_text(f"services: {{web: {{{GIVEN_UP_SOON}}}}}")
    dev.add_compose(override)
    dev.release("web", "broken")
    with traffic(SHOP.target, rate=RATE) as load:
        failed = dev.stack.up()
        override.write_text("services: {web: {}}")
        dev.release("web", "v1")
        healed = dev.stack.up()
    assert failed.code != 0
    assert "shop/web" in failed.output
    assert "expected healthy within" in failed.output, "the message does not name the gate"
    assert "orders.discount" in failed.output, "the message does not hold the last log lines"
    healed.expect_success()
    assert_nothing_failed(load.report)
    assert set(load.report.releases) == {"v1"}
    assert len(web_containers()) == 1


def test_a_release_that_fails_its_users_after_the_switch_is_taken_back(dev: Workshop, tmp_path: Path) -> None:
    override = tmp_path / "override.yaml"
    # As long as it takes a load that stands still to fail often enough; it ends with the third failure.
    override.write_text("services: {web: {x-slipway: {bake: 2m}}}")
    dev.add_compose(override)
    dev.release("web", "faulty")
    with traffic(SHOP.target, rate=RATE // 2) as load:
        failed = dev.stack.up()
        assert SHOP.ask("/").release == "v1", failed.output
    assert failed.code != 0
    assert "does worse than the release before" in failed.output, failed.output
    assert "had a status of 5xx" in failed.output
    assert "no template for the first page" in failed.output, "the message does not hold the last log lines"
    assert set(load.report.outcomes) <= {"200", "201", "500"}, load.report.outcomes
    dev.settle()
    assert SHOP.ask("/").release == "v1"


@pytest.mark.exhaustive
def test_several_containers_of_a_service_are_released_and_taken_away_without_a_lost_request(
    dev: Workshop, tmp_path: Path
) -> None:
    override = tmp_path / "override.yaml"
    override.write_text("services: {web: {deploy: {replicas: 3}, x-slipway: {bake: 0s}}}")
    with traffic(SHOP.target, rate=RATE // 2) as load:
        dev.add_compose(override)
        dev.stack.up().expect_success()
        assert len(web_containers()) == 3
        dev.release("web", "v2")
        dev.stack.up().expect_success()
        assert len(web_containers()) == 3
        dev.stack.preview("--expect-no-changes").expect_success()
        dev.settle()
        assert len(web_containers()) == 1
    assert_nothing_failed(load.report)
    assert set(load.report.releases) == {"v1", "v2"}


@pytest.fixture
def two_products(dev: Workshop) -> Workshop:
    """Return the stack with a second product like the first."""
    dev.with_second_product()
    dev.stack.up().expect_success()
    return dev


@pytest.mark.exhaustive
@pytest.mark.parametrize("fault", ["its gate", "its image"])
def test_a_failed_release_holds_up_no_other_product_and_deletes_nothing_that_serves(
    two_products: Workshop, fault: str
) -> None:
    stack = two_products
    former = blog_containers()
    for service in ("web", "worker"):
        stack.release(service, "v2")
        if fault == "its image":
            absent = f"{stack.images[service]['v2'].partition('@')[0]}@sha256:{'0' * 64}"
            stack.write(service, absent, product="blog")
    if fault == "its gate":
        stack.release("web", "broken", product="blog")
    with traffic(SHOP.target, rate=RATE // 2) as shop, traffic(BLOG.target, rate=RATE // 2) as blog:
        outcome = stack.stack.up("--continue-on-error")
    assert outcome.code != 0
    assert "Traceback" not in outcome.output, outcome.output
    assert_nothing_failed(shop.report)
    assert_nothing_failed(blog.report)
    assert (SHOP.ask("/").release, BLOG.ask("/").release) == ("v2", "v1"), outcome.output
    mine = [name for name in SERVER.containers() if name.startswith(("dev-shop-web-", "dev-shop-worker-"))]
    assert len(mine) == 2, f"the former release is still there: {mine}\n{outcome.output}"
    assert former <= blog_containers(), outcome.output
    for service in ("web", "worker"):
        stack.release(service, "v1", product="blog")
    stack.stack.up().expect_success()
    assert blog_containers() == former


def web_containers() -> list[str]:
    return [name for name in SERVER.containers() if name.startswith("dev-shop-web-")]


def blog_containers() -> set[str]:
    return {name for name in SERVER.containers(everything=False) if name.startswith("dev-blog-")}
