"""Runs that were killed: the next one converges, and the product answers throughout."""

from pathlib import Path

import pytest

from tests.lab.conftest import Workshop
from tests.lab.load import traffic
from tests.lab.moments import after, before
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.stack import Stack

SHOP = Shop("dev")
SERVER = LabServer("dev")
RATE = 50
"""Requests a second: enough to notice a gap of 20 ms."""

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
MOMENTS = {
    "while the container is created": before("create", CONTAINER),
    "at the gate": before("create", "host:index:Ready"),
    "while it switches": before("update", "host:index:Route"),
    "after the switch": after("update", "host:index:Route"),
    "before the deletes": before("delete", CONTAINER),
}


CORNERS = [(False, "v1"), (True, "v2"), (True, "v1"), (False, "v2")]
"""Whether the plugins die with the CLI, and the release that the next run asks for."""


EACH_TIME = ("while it switches", (True, "v1"))


def unlock(stack: Stack) -> None:
    """Break the lock that the dead run left."""
    stack.slipway("unlock", stack.name).expect_success()


def assert_converged(workshop: Workshop, release: str) -> None:
    stack = workshop.stack
    stack.preview("--expect-no-changes").expect_success()
    assert SHOP.ask("/").release == release
    for kind, there in ((CONTAINER, SERVER.containers()), (NETWORK, SERVER.networks())):
        assert sorted(there) == sorted(stack.recorded(kind)), f"a stray {kind}, or one that is in the state only"


CASES = [
    pytest.param(
        moment,
        plugins,
        then,
        # A case takes most of a minute: one runs each time, all of them on demand.
        marks=[] if (moment, (plugins, then)) == EACH_TIME else [pytest.mark.exhaustive],
        id=f"{moment}, {'CLI and plugins' if plugins else 'CLI alone'}, then {then}",
    )
    for moment in MOMENTS
    for plugins, then in CORNERS
]


@pytest.mark.parametrize(("moment", "plugins", "then"), CASES)
def test_a_killed_release_converges(dev: Workshop, tmp_path: Path, moment: str, plugins: bool, then: str) -> None:
    known = len(SHOP.orders())
    dev.release("web", "v2")
    with traffic(SHOP.target, rate=RATE) as load:
        dev.stack.kill_when(MOMENTS[moment], tmp_path / "events.json", plugins=plugins)
        unlock(dev.stack)
        dev.release("web", then)
        dev.stack.up().expect_success()
    load.report.expect_nothing_failed()
    assert len(SHOP.orders()) == known + load.report.orders, "an order was lost"
    assert_converged(dev, then)


@pytest.mark.exhaustive
@pytest.mark.parametrize("plugins", [False, True], ids=["the CLI alone", "the CLI and its plugins"])
def test_a_run_killed_while_it_makes_a_network_converges(dev: Workshop, tmp_path: Path, *, plugins: bool) -> None:
    dev.configure(lambda config: add_network(config, tmp_path))
    with traffic(SHOP.target, rate=RATE) as load:
        dev.stack.kill_when(before("create", NETWORK), tmp_path / "events.json", plugins=plugins)
        unlock(dev.stack)
        dev.stack.up().expect_success()
    load.report.expect_nothing_failed()
    assert_converged(dev, "v1")


def add_network(config: dict[str, dict[str, dict[str, list[str]]]], folder: Path) -> None:
    """Put the worker on a second network."""
    override = folder / "network.yaml"
    override.write_text("services: {worker: {networks: [default, back]}}\nnetworks: {back: {}}\n")
    config["slipway:products"]["shop"]["compose"].append(str(override))
