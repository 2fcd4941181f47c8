"""Half an hour of an ordinary day: nobody is told anything, everything is measured and every panel shows something."""

import time
from urllib.parse import quote

import pytest

from infra.monitoring.dashboards.catalogue import queries
from tests.lab.conftest import Workshop, Workshops
from tests.lab.load import traffic
from tests.lab.monitoring.watching import Told, prometheus, watch
from tests.lab.server import LabServer
from tests.lab.shop import Shop

pytestmark = pytest.mark.exhaustive
STACK = "test"
"""The other server: whoever tries faults on the first one need not wait."""
SHOP, SERVER = Shop(STACK), LabServer(STACK)
MINUTES = 30
SCRAPED_SECONDS = 10
RATE = 20
"""Requests a second."""


@pytest.fixture(scope="module")
def watched(workshops: Workshops, told: Told) -> Workshop:
    """Have the server watched."""
    return watch(workshops[STACK], told)


def test_nobody_is_told_of_load_releases_a_backup_or_a_drill(watched: Workshop, told: Told) -> None:
    begun = time.monotonic()
    chat, post, calls = (len(channel.messages) for channel in (told.telegram, told.mail, told.watchdog))

    def minute(number: int) -> None:
        time.sleep(max(0.0, begun + 60 * number - time.monotonic()))

    with traffic(SHOP.target, rate=RATE) as load:
        minute(4)
        watched.release("web", "v2")
        watched.stack.up().expect_success()
        minute(10)
        watched.stack.slipway("backup", STACK, "shop").expect_success()
        minute(14)
        SERVER.run("systemctl", "start", f"slipway-backup-{STACK}-shop-drill.service")
        minute(20)
        watched.release("web", "v1")
        watched.stack.up().expect_success()
        minute(MINUTES)
    load.report.expect_nothing_failed()
    assert (told.telegram.messages[chat:], told.mail.messages[post:]) == ([], [])
    assert len(told.watchdog.messages) - calls >= MINUTES - 2


def test_every_panel_has_data(watched: Workshop) -> None:
    watched.stack.slipway("drift", STACK, "--record")
    SERVER.wait_for("grep --quiet ^slipway_drift_resources /var/lib/slipway/metrics/slipway.prom", seconds=30)
    time.sleep(SCRAPED_SECONDS)
    empty = [
        f"{query.dashboard}, {query.panel}: {query.expression}"
        for query in queries()
        if not prometheus(f"query?query={quote(query.expression)}", STACK)["result"]
    ]
    assert not empty, "\n".join(empty)
    assert all(each["health"] == "up" for each in prometheus("targets", STACK)["activeTargets"])
    seen = {
        each["metric"].get("container", "") for each in prometheus("query?query=slipway_container_up", STACK)["result"]
    }
    assert seen - {""} == SERVER.containers()
