"""A pooler before the shop's database, on a real server: passwords change, and nobody notices."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.load import Report, traffic
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.test_rotation import refused_logins, who_may_sign_in

pytestmark = pytest.mark.exhaustive
RATE = 50
SIZE = 6
SHOP = Shop("dev")
SERVER = LabServer("dev")
POOL: Mapping[str, Any] = {
    "image": "registry.lab.test:5000/pgbouncer:1.24",
    "restart": "unless-stopped",
    "init": True,
    "networks": ["data"],
    "secrets": ["pool_user"],
    "mem_limit": "64m",
    "cpus": 0.5,
    "ulimits": {"nproc": 512},
    "x-slipway": {"pooler": {"database": "db", "size": SIZE}},
}
WAITS = {"depends_on": {"pool": {"condition": "service_healthy"}}}
OVERRIDE = {"services": {"pool": POOL, "web": WAITS, "worker": WAITS}, "secrets": {"pool_user": {"external": True}}}


@pytest.fixture
def pooled(dev: Workshop, tmp_path: Path) -> Workshop:
    """Return the stack with a pooler, by which the shop reaches its database."""
    override = tmp_path / "override.yaml"
    override.write_text(json.dumps(OVERRIDE))
    dev.release("pool", "1.24", image="pgbouncer")
    with_numbers(dev, override, user=1, pooler=1)
    dev.stack.up().expect_success()
    return dev


def with_numbers(dev: Workshop, override: Path, *, user: int, pooler: int) -> None:
    """Use the pooler, with these rotations of the shop's user and of its own."""

    def change(config: Any) -> None:
        shop = config["slipway:products"]["shop"]
        shop["compose"].append(str(override))
        shop["env"]["DATABASE_URL"] = shop["env"]["DATABASE_URL"].replace("@db/", "@pool/")
        shop["secrets"]["db_user"]["rotation"] = user
        own = {"service": "db", "role": "pooler", "database": "postgres"}
        shop["secrets"]["pool_user"] = {"generate": 32, "rotation": pooler, "database": own}

    dev.configure(change)


def poolers() -> list[str]:
    return SERVER.shell("docker ps --format '{{.Names}}' --filter label=slipway.service=pool").split()


def connections() -> int:
    """Count what the pooler has open to the shop's database."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND usename ~ '^(shop|pooler)_'"
    return int(SERVER.shell(f'docker exec --user postgres dev-shop-db psql -qAt -c "{asked}"'))


def assert_nothing_failed(report: Report) -> None:
    assert report.sent > 0
    report.expect_nothing_failed()


def test_a_rotation_under_load_through_the_pooler_fails_no_login_and_releases_no_pooler(
    pooled: Workshop, tmp_path: Path
) -> None:
    before, orders, refused = poolers(), len(SHOP.orders()), refused_logins()
    with traffic(SHOP.target, rate=RATE) as load:
        with_numbers(pooled, tmp_path / "override.yaml", user=2, pooler=1)
        pooled.stack.up().expect_success()
        assert connections() <= SIZE + 1
    assert_nothing_failed(load.report)
    assert poolers() == before
    assert who_may_sign_in() == ["shop_2"]
    assert len(SHOP.orders()) == orders + load.report.orders
    assert refused_logins() == refused
    pooled.stack.preview("--expect-no-changes").expect_success()


def test_a_release_of_the_pooler_under_load_loses_nothing_of_a_client_that_checks_its_connections(
    pooled: Workshop, tmp_path: Path
) -> None:
    before = poolers()
    with traffic(SHOP.target, rate=RATE) as load:
        with_numbers(pooled, tmp_path / "override.yaml", user=1, pooler=2)
        pooled.stack.up().expect_success()
    assert_nothing_failed(load.report)
    (after,) = poolers()
    assert [after] != before
    pooled.stack.preview("--expect-no-changes").expect_success()
