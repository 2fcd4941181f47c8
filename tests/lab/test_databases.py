"""Databases that are set up for their limits, and partitions that are made ahead, on a real server."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.server import LabServer

SERVER = LabServer("dev")
UNIT = "slipway-dev-shop-db-partitions.service"
RUNS = "/var/lib/slipway/jobs/dev-shop-db.partitions.jsonl"
QUEUE: Mapping[str, Any] = {
    "image": "registry.lab.test:5000/redis:8",
    "user": "999:999",
    "read_only": True,
    "restart": "unless-stopped",
    "networks": ["data"],
    "volumes": ["/srv/dev-shop/queue:/data"],
    "mem_limit": "64m",
    "cpus": 0.25,
    "ulimits": {"nproc": 512},
    "healthcheck": {"test": ["CMD", "redis-cli", "ping"], "interval": "2s", "timeout": "2s", "retries": 5},
}

Services = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def say(dev: Workshop, tmp_path: Path) -> Callable[[Services], None]:
    """Return what adds to the services of the shop, on a server that has nothing left of a former test."""
    override = tmp_path / "override.yaml"
    SERVER.run("rm", "-rf", "/srv/dev-shop/queue", RUNS)

    def say(services: Services) -> None:
        override.write_text(json.dumps({"services": services}))
        dev.add_compose(override)

    return say


def sql(statement: str) -> str:
    """Return what the shop's database answers."""
    words = [
        "psql",
        "--username=postgres",
        "--dbname=shop",
        "--tuples-only",
        "--no-align",
        "--quiet",
        "--command",
        statement,
    ]
    return SERVER.run("docker", "exec", "dev-shop-db", *words).strip()


def redis(service: str, *words: str) -> list[str]:
    """Return the lines that a server answers."""
    return SERVER.run("docker", "exec", f"dev-shop-{service}", "redis-cli", *words).splitlines()


def setting(service: str, name: str) -> str:
    return redis(service, "CONFIG", "GET", name)[1]


@pytest.mark.exhaustive
def test_databases_are_set_up_for_their_limits(dev: Workshop, say: Callable[[Services], None]) -> None:
    assert (sql("SHOW shared_buffers"), sql("SHOW effective_cache_size")) == ("64MB", "192MB")
    assert (setting("cache", "appendonly"), setting("cache", "save")) == ("no", "")
    assert setting("cache", "maxmemory") == str(48 * 1024 * 1024)
    tuned = {"x-slipway": {"postgres": {"work_mem": "8MB", "max_connections": 50}}}
    dev.release("queue", "8", image="redis")
    say({"db": tuned, "queue": QUEUE})
    preview = dev.stack.preview().expect_success()
    assert "shop/db: stop-first" in preview.output
    dev.stack.up().expect_success()
    assert (sql("SHOW work_mem"), sql("SHOW max_connections")) == ("8MB", "50")
    assert (setting("queue", "appendonly"), setting("queue", "appendfsync")) == ("yes", "everysec")
    redis("queue", "SET", "order", "kept")
    SERVER.run("docker", "kill", "dev-shop-queue")
    SERVER.run("docker", "start", "dev-shop-queue")
    SERVER.wait_for("docker exec dev-shop-queue redis-cli ping", seconds=300)
    assert redis("queue", "GET", "order") == ["kept"]
    dev.stack.preview("--expect-no-changes").expect_success()


def test_partitions_are_made_ahead_and_a_missing_one_is_a_failed_unit(
    dev: Workshop, say: Callable[[Services], None]
) -> None:
    sql("DROP TABLE IF EXISTS events; CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
    say({"db": {"x-slipway": {"partitions": [{"table": "events", "database": "shop", "ahead": 2}]}}})
    dev.stack.up().expect_success()
    SERVER.run("systemctl", "start", UNIT)
    count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"
    assert sql(count) == "3"
    assert UNIT.replace("service", "timer") in SERVER.run("systemctl", "list-timers", "--all", "--plain", "--no-legend")
    sql(
        "DROP TABLE events; CREATE TABLE events (at timestamptz NOT NULL) PARTITION BY RANGE (at); "
        "CREATE TABLE events_rest PARTITION OF events DEFAULT; "
        "INSERT INTO events SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month 3 days'"
    )
    with pytest.raises(CalledProcessError):
        SERVER.run("systemctl", "start", UNIT)
    assert UNIT in SERVER.run("systemctl", "--failed", "--plain", "--no-legend")
    said = SERVER.run("journalctl", f"--unit={UNIT}", "--output=cat", "--no-pager")
    assert "the default partition holds rows of it" in said
    assert "next month has no partition" in said
    # One more where a calendar's run was due meanwhile.
    *_, good, failed = map(json.loads, SERVER.run("cat", RUNS).splitlines())
    assert (good["result"], failed["result"]) == ("good", "failed")
    assert (sql(count), sql("SELECT count(*) FROM events_rest")) == ("3", "1")
    dev.stack.preview("--expect-no-changes").expect_success()
    sql("DROP TABLE events")
    dev.settle()
    assert UNIT not in SERVER.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "slipway-*")
