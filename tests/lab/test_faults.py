"""Releases that go wrong in all the ways we know: the former one serves, `up` says why, and the next one converges."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.edge.container import CONTAINER as EDGE
from tests.lab import topology
from tests.lab.conftest import Workshop
from tests.lab.load import Report, traffic
from tests.lab.moments import Moment, after, before
from tests.lab.server import LabServer
from tests.lab.shop import Shop

pytestmark = pytest.mark.exhaustive

SHOP = Shop("dev")
SERVER = LabServer("dev")
RATE = 50
ROUTE, READY = "host:index:Route", "host:index:Ready"
EATS_MEMORY = (
    "import runpy, threading, time\n"
    "def eat():\n time.sleep(12)\n eaten = [bytearray(1 << 20) for _ in range(1 << 16)]\n"
    "threading.Thread(target=eat, daemon=True).start()\n"
    "runpy.run_module('shop.web', run_name='__main__')"
)
SICK: dict[str, tuple[dict[str, Any], str]] = {
    "crashes at its start": ({"command": ["sh", "-c", "echo no settings >&2; exit 3"]}, "no settings"),
    "hangs": ({"command": ["sleep", "infinity"]}, "expected healthy within"),
    "answers its health check with 500": (
        {"healthcheck": {"test": ["CMD-SHELL", "echo status 500; exit 1"], "interval": "2s", "retries": 3}},
        "status 500",
    ),
    "runs out of memory after the switch": (
        {"command": ["python3", "-c", EATS_MEMORY], "x-slipway": {"bake": "30s"}},
        "memory",
    ),
}
"""What ails a release, and what `up` says of it."""


def assert_served(report: Report, *releases: str) -> None:
    report.expect_nothing_failed()
    assert set(report.releases) == set(releases)


def assert_converged(dev: Workshop) -> None:
    """Ask for the second release again, now that nothing stands in its way."""
    dev.stack.up().expect_success()
    dev.stack.preview("--expect-no-changes").expect_success()
    assert SHOP.ask("/").release == "v2"
    assert len([name for name in SERVER.containers() if name.startswith("dev-shop-web-")]) == 1


@pytest.mark.parametrize("ailment", SICK)
def test_a_sick_release_leaves_the_former_one_serving(dev: Workshop, tmp_path: Path, ailment: str) -> None:
    change, sentence = SICK[ailment]
    override = tmp_path / "override.yaml"
    override.write_text(json.dumps({"services": {"web": change}}))
    dev.release("web", "v2")
    dev.add_compose(override)
    with traffic(SHOP.target, rate=RATE) as load:
        failed = dev.stack.up()
    assert failed.code != 0
    assert "shop/web" in failed.output
    assert sentence in failed.output, failed.output
    assert SHOP.ask("/").release == "v1"
    if "after the switch" not in ailment:
        assert_served(load.report, "v1")
    override.write_text("services: {web: {}}")
    assert_converged(dev)


def test_a_registry_that_is_gone_is_named_and_nothing_is_touched(dev: Workshop) -> None:
    SERVER.shell(f"docker image rm --force {dev.images['web']['v2']} 2>/dev/null || true")
    dev.release("web", "v2")
    with traffic(SHOP.target, rate=RATE) as load:
        subprocess.run(["docker", "stop", topology.REGISTRY_CONTAINER], check=True, stdout=subprocess.DEVNULL)
        try:
            failed = dev.stack.up()
        finally:
            subprocess.run(["docker", "start", topology.REGISTRY_CONTAINER], check=True, stdout=subprocess.DEVNULL)
    assert failed.code != 0
    assert "registry.lab.test" in failed.output
    assert_served(load.report, "v1")
    assert_converged(dev)


def drop_connections(_: int) -> None:
    """Cut what `up` talks over."""
    SERVER.shell("pkill --full 'sshd.*[:] deploy' || true")


def restart_docker(_: int) -> None:
    """Restart the engine of the server."""
    SERVER.run("systemctl", "restart", "docker")


def restart_edge(_: int) -> None:
    """Restart what all requests go through."""
    SERVER.run("docker", "restart", EDGE)


def cut_power(_: int) -> None:
    """Lose the server, and get it back."""
    SERVER.cut_power()


INTERRUPTIONS: dict[str, tuple[Callable[[int], None], Moment]] = {
    "the connection is lost at the gate": (drop_connections, before("create", READY)),
    "the connection is lost while it switches": (drop_connections, before("update", ROUTE)),
    "docker restarts at the gate": (restart_docker, before("create", READY)),
    "the edge restarts after the switch": (restart_edge, after("update", ROUTE)),
    "the host reboots at the gate": (cut_power, before("create", READY)),
}


@pytest.mark.parametrize("event", INTERRUPTIONS)
def test_what_happens_to_the_server_meanwhile_is_made_good_by_the_next_update(
    dev: Workshop, tmp_path: Path, event: str
) -> None:
    act, moment = INTERRUPTIONS[event]
    dev.release("web", "v2")
    with traffic(SHOP.target, rate=RATE) as load:
        ended = dev.stack.interfere_when(moment, tmp_path / "events.json", act)
        assert "Traceback" not in ended.output, ended.output
        assert_converged(dev)
    if "connection" in event or "docker" in event:
        assert load.report.failed == 0, f"{Counter(load.report.failures)}\n{ended.output}"
    assert len(SHOP.orders()) > 0
