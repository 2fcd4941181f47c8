"""A database user's password, rotated on a real server with a real database."""

import shlex
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.load import Report, traffic
from tests.lab.server import LabServer
from tests.lab.shop import Shop

RATE = 50
SHOP = Shop("dev")
SERVER = LabServer("dev")
WHO_MAY_SIGN_IN = "SELECT rolname FROM pg_roles WHERE rolname ~ '^shop' AND rolcanlogin ORDER BY 1"
PSQL = "docker exec --user postgres dev-shop-db psql -qAt -c"


def rotated(dev: Workshop, number: int) -> None:
    """Ask for another value of the shop's password."""

    def change(config: Any) -> None:
        config["slipway:products"]["shop"]["secrets"]["db_user"]["rotation"] = number

    dev.configure(change)


def password() -> str:
    return SERVER.shell("cat /srv/slipway/dev-shop/secrets/web/db_user")


def who_may_sign_in() -> list[str]:
    listed = SERVER.shell(f"{PSQL} {shlex.quote(WHO_MAY_SIGN_IN)}")
    return listed.split()


def refused_logins() -> int:
    return SERVER.shell("docker logs dev-shop-db 2>&1").count("password authentication failed")


def assert_nothing_failed(report: Report) -> None:
    assert report.sent > 0
    report.expect_nothing_failed()


def test_a_password_changes_in_the_database_and_in_the_file_without_a_failed_login(dev: Workshop) -> None:
    first, orders, refused = password(), len(SHOP.orders()), refused_logins()
    assert who_may_sign_in() == ["shop_1"]
    with traffic(SHOP.target, rate=RATE) as load:
        rotated(dev, 2)
        dev.stack.up().expect_success()
    assert_nothing_failed(load.report)
    assert password() != first
    assert who_may_sign_in() == ["shop_2"]
    assert len(SHOP.orders()) == orders + load.report.orders
    dev.stack.preview("--expect-no-changes").expect_success()
    assert refused_logins() == refused


@pytest.mark.exhaustive
def test_a_rotation_whose_release_fails_is_taken_back_without_a_failed_login(dev: Workshop) -> None:
    first = password()
    with traffic(SHOP.target, rate=RATE) as load:
        rotated(dev, 2)
        dev.release("web", "broken")
        assert dev.stack.up().code != 0
        assert who_may_sign_in() == ["shop_1", "shop_2"], "the former user is needed as long as its containers serve"
        dev.settle()
    assert_nothing_failed(load.report)
    assert (password(), who_may_sign_in()) == (first, ["shop_1"])
