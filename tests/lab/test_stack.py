"""A stack from the first `up` to the last `destroy`."""

from collections.abc import Mapping

import pytest

from tests.lab.conftest import Workshop, Workshops
from tests.lab.server import LabServer
from tests.lab.shop import Shop

STACKS = ("dev", "test")


@pytest.fixture(scope="module")
def stacks(workshops: Workshops) -> Mapping[str, Workshop]:
    """Bring both stacks up."""
    workshops.settle("dev", "test")
    return workshops


@pytest.mark.parametrize("name", STACKS)
def test_the_product_answers_over_https(stacks: Mapping[str, Workshop], name: str) -> None:
    assert stacks[name].stack.name == name
    shop = Shop(name)
    home = shop.ask("/")
    assert (home.status, home.release) == (200, "v1")
    assert "v1" in home.body
    assert shop.plain_location().startswith("https://")


@pytest.mark.parametrize("name", STACKS)
def test_an_order_is_kept_and_a_bad_one_refused(stacks: Mapping[str, Workshop], name: str) -> None:
    assert stacks[name].stack.name == name
    shop = Shop(name)
    known = len(shop.orders())
    assert shop.ask("/orders", order={"item": "tea", "quantity": 2}).status == 201
    assert shop.ask("/orders", order={"item": "tea"}).status == 400
    assert len(shop.orders()) == known + 1


@pytest.mark.parametrize("name", STACKS)
def test_a_second_preview_and_a_refresh_are_empty(stacks: Mapping[str, Workshop], name: str) -> None:
    stack = stacks[name].stack
    stack.preview("--expect-no-changes").expect_success()
    stack.refresh("--preview-only", "--expect-no-changes").expect_success()


def test_docker_restarts_only_when_its_settings_changed(stacks: Mapping[str, Workshop]) -> None:
    dev, server = stacks["dev"], LabServer("dev")
    question = ("systemctl", "show", "docker.service", "--property=ActiveEnterTimestampMonotonic")
    started = server.run(*question)
    dev.stack.up().expect_success()
    assert server.run(*question) == started
    server.shell("echo '{}' > /etc/docker/daemon.json")
    dev.stack.up().expect_success()
    assert server.run(*question) != started


def test_destroy_leaves_the_data_and_the_way_in(stacks: Mapping[str, Workshop]) -> None:
    workshop, shop, server = stacks["test"], Shop("test"), LabServer("test")
    shop.ask("/orders", order={"item": "kept", "quantity": 1})
    known = len(shop.orders())
    workshop.stack.run("state", "unprotect", "--all", "--yes").expect_success()
    workshop.stack.run("destroy", "--yes", "--skip-preview").expect_success()
    assert server.containers() == set()
    assert server.shell("ls /srv/slipway/edge/dynamic 2>/dev/null || true") == ""
    workshop.stack.up().expect_success()
    assert len(shop.orders()) == known
