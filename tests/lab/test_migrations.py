"""Migrations before a release and jobs by the calendar, on a real server with a real database."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.load import Report, traffic
from tests.lab.server import LabServer
from tests.lab.shop import Shop

RATE = 50
SHOP = Shop("dev")
SERVER = LabServer("dev")
MIGRATIONS = "/var/lib/slipway/migrations/dev-shop/web.jsonl"
HISTORY = "/var/lib/slipway/history/dev-shop/web.jsonl"
RUNS = "/var/lib/slipway/jobs/dev-shop-web-{}.jsonl"
COUNT = (
    "import os, psycopg; orders = psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT count(*) FROM orders'); "
    "print(os.environ['RELEASE'], 'sees', orders.fetchone()[0] >= 0)"
)
GOOD = {"command": ["python3", "-c", COUNT]}
FAILING = {"command": ["sh", "-c", "echo column orders.discount exists >&2; exit 3"]}
HANGING = {"command": ["sleep", "300"], "timeout": "2s"}
CONTRACT = {"command": ["true"], "phase": "contract"}
SELDOM = "*-02-29 03:00"
"""So that no run comes by the calendar while a test counts the runs."""

Extension = Mapping[str, Any]


@pytest.fixture
def say(dev: Workshop, tmp_path: Path) -> Callable[[Extension], None]:
    """Return what gives the shop an `x-slipway`, on a server that knows of its first release only."""
    override = tmp_path / "override.yaml"
    dev.add_compose(override)
    SERVER.run("rm", "-f", MIGRATIONS, *(RUNS.format(job) for job in ("count", "broken")))
    known = f"grep -F {dev.images['web']['v1']} {HISTORY} | tail -n 1"
    SERVER.shell(f"{known} > {HISTORY}.new; mv {HISTORY}.new {HISTORY}")

    def say(extension: Extension) -> None:
        override.write_text(json.dumps({"services": {"web": {"x-slipway": {"drain": "1s", **extension}}}}))

    return say


def recorded(path: str) -> list[dict[str, Any]]:
    """Return the lines of a record."""
    return [json.loads(line) for line in SERVER.run("cat", path).splitlines()]


def assert_served_by(report: Report, *releases: str) -> None:
    report.expect_nothing_failed()
    assert set(report.releases) == set(releases)


@pytest.mark.exhaustive
def test_a_migration_runs_once_before_the_switch_and_a_rollback_runs_none(
    dev: Workshop, say: Callable[[Extension], None]
) -> None:
    say({"migrate": GOOD})
    dev.release("web", "v2")
    with traffic(SHOP.target, rate=RATE) as load:
        dev.stack.up().expect_success()
        dev.release("web", "v1")
        back = dev.stack.up().expect_success()
    assert_served_by(load.report, "v1", "v2")
    assert SHOP.ask("/").release == "v1"
    (step,) = recorded(MIGRATIONS)
    assert (step["image"], step["result"], step["phase"]) == (dev.images["web"]["v2"], "good", "expand")
    assert ["migrate" in release["phases"] for release in recorded(HISTORY)] == [False, True, False], back.output
    dev.stack.preview("--expect-no-changes").expect_success()


def test_a_migration_that_fails_or_hangs_keeps_the_release_and_a_contract_keeps_older_ones_away(
    dev: Workshop, say: Callable[[Extension], None]
) -> None:
    dev.release("web", "v2")
    with traffic(SHOP.target, rate=RATE) as load:
        say({"migrate": FAILING})
        failed = dev.stack.up()
        say({"migrate": HANGING})
        hung = dev.stack.up()
    assert_served_by(load.report, "v1")
    assert 0 not in {failed.code, hung.code}
    assert "exited with exit code 3" in failed.output
    assert "column orders.discount exists" in failed.output, "the message does not hold the last log lines"
    assert "within 2 s, it was still at work and was stopped" in hung.output
    say({"migrate": CONTRACT})
    dev.stack.up().expect_success()
    assert SHOP.ask("/").release == "v2"
    dev.release("web", "v1")
    refused = dev.stack.preview()
    (*_, contract) = recorded(MIGRATIONS)
    assert refused.code != 0
    assert "dev-shop/web cannot go back to" in refused.output
    assert contract["start"][:19].replace("T", " ") in refused.output, "the message does not name the restore point"
    assert SHOP.ask("/").release == "v2"


def test_a_job_runs_the_image_and_a_failed_run_is_a_failed_unit(
    dev: Workshop, say: Callable[[Extension], None]
) -> None:
    jobs = {"count": {**GOOD, "schedule": SELDOM}, "broken": {**FAILING, "schedule": SELDOM}}
    say({"jobs": jobs})
    dev.stack.up().expect_success()
    SERVER.run("systemctl", "start", "dev-shop-web-count.service")
    with pytest.raises(CalledProcessError):
        SERVER.run("systemctl", "start", "dev-shop-web-broken.service")
    (good,), (failed,) = recorded(RUNS.format("count")), recorded(RUNS.format("broken"))
    assert (good["result"], good["exit"]) == ("good", 0)
    assert (failed["result"], failed["exit"]) == ("failed", 3)
    assert "v1 sees True" in SERVER.run("journalctl", "--unit=dev-shop-web-count", "--output=cat", "--no-pager")
    assert "dev-shop-web-broken.service" in SERVER.run("systemctl", "--failed", "--plain", "--no-legend")
    timers = SERVER.run("systemctl", "list-timers", "--all", "--plain", "--no-legend")
    assert {"dev-shop-web-count.timer", "dev-shop-web-broken.timer"} <= set(timers.split())
    dev.settle()
    left = SERVER.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "dev-shop-*")
    assert left.strip() == ""
    assert not [name for name in SERVER.containers() if "-job-" in name]
