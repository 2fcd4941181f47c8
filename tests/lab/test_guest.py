"""A second stack with the same product on the server of `dev`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.lab.conftest import Workshop
from tests.lab.load import traffic
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.stack import ROOT, Stack

GUEST = "guest"
FILE = ROOT / f"Pulumi.{GUEST}.yaml"
SHOP = Shop("dev")
THEIRS = Shop("dev", "blog")
"""The guest's shop, under a name that leads to the same server."""
SERVER = LabServer("dev")
RATE = 50
REMOVE_VOLUMES = f"docker volume ls --quiet --filter name=^{GUEST}- | xargs --no-run-if-empty docker volume rm"


class GuestStack(Stack):
    """A stack that rules are told of by a file of its own, as the pack has none for it."""

    def _pack(self) -> list[str]:
        return [*super()._pack(), "--policy-pack-config", str(self.releases / "levels.json")]


@pytest.fixture
def guest(dev: Workshop, tmp_path: Path) -> Iterator[Stack]:
    """Return a stack with dev's shop under another name; its file is in the checkout, as a guest's has to be."""
    stack = GuestStack(GUEST, tmp_path)
    _clear_away(stack)
    stack.manage("init", "--no-select").expect_success()
    yaml = YAML()
    salt = yaml.load(FILE)["encryptionsalt"]
    yaml.dump({"config": _config(yaml.load(ROOT / "Pulumi.dev.yaml")["config"]), "encryptionsalt": salt}, FILE)
    (tmp_path / "levels.json").write_text(json.dumps(_settings()), encoding="utf-8")
    yaml.dump({"shop": yaml.load(dev.folder / "dev.yaml")["shop"]}, tmp_path / f"{GUEST}.yaml")
    yield stack
    # Where this fails, file and state stay for the next run to clear away: nobody else knows the containers.
    _leave(stack)
    FILE.unlink()
    stack.manage("rm", "--yes", "--force")


def _clear_away(stack: Stack) -> None:
    """Take away what a run that was killed has left of a guest, as far as there is anything."""
    if FILE.exists():
        if stack.manage("export").code == 0:
            stack.slipway("unlock", GUEST)
            stack.run("state", "unprotect", "--all", "--yes")
            stack.run("destroy", "--yes", "--skip-preview").expect_success()
        FILE.unlink()
    stack.manage("rm", "--yes", "--force")
    SERVER.shell(REMOVE_VOLUMES)


def _config(config: Any) -> dict[str, Any]:
    product = config["slipway:products"]["shop"]
    product["ingress"][0]["host"] = THEIRS.host
    return {
        "pulumi:disable-default-providers": ["*"],
        "slipway:servers": {"main": {"owner": "dev"}},
        "slipway:backups": config["slipway:backups"],
        "slipway:products": {"shop": product},
    }


def _settings() -> dict[str, Any]:
    """Return what rules are told in dev, without the level of them all, which is for a file of the pack."""
    levels: dict[str, Any] = json.loads((ROOT / "policies" / "levels" / "dev.json").read_text(encoding="utf-8"))
    return {rule: said for rule, said in levels.items() if rule != "all"}


def _leave(stack: Stack) -> None:
    """Take the guest away; its data would stay."""
    stack.run("state", "unprotect", "--all", "--yes").expect_success()
    stack.run("destroy", "--yes", "--skip-preview").expect_success()
    SERVER.shell(REMOVE_VOLUMES)


def of(stack: str) -> list[str]:
    """Return the containers and networks of a stack, by id, and its files below the edge's folder."""
    label = f"label=slipway.stack={stack}"
    containers = SERVER.run("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
    networks = SERVER.run("docker", "network", "ls", "--quiet", "--no-trunc", "--filter", label).split()
    routes = SERVER.shell(f"sha256sum /srv/slipway/edge/dynamic/{stack}-* 2>/dev/null || true").splitlines()
    return sorted([*containers, *networks, *routes])


def test_owner_and_guest_serve_side_by_side_and_leave_each_other_alone(dev: Workshop, guest: Stack) -> None:
    SHOP.ask("/orders", order={"item": "tea", "quantity": 1})
    owners, known = of("dev"), len(SHOP.orders())
    with traffic(SHOP.target, rate=RATE) as load:
        guest.up().expect_success()
    assert load.report.failed == 0, "the arrival of a guest was noticed"
    assert of("dev") == owners
    assert (SHOP.ask("/").status, THEIRS.ask("/").status) == (200, 200)
    assert THEIRS.orders() == [], "the guest has the owner's data"
    THEIRS.ask("/orders", order={"item": "cup", "quantity": 2})
    assert len(SHOP.orders()) == known + load.report.orders
    guests = of(GUEST)
    assert len(guests) > 4
    dev.stack.preview("--expect-no-changes").expect_success()
    guest.preview("--expect-no-changes").expect_success()

    dev.release("web", "v2")
    with traffic(THEIRS.target, rate=RATE) as load:
        dev.stack.up().expect_success()
    assert load.report.failed == 0, "a release of the owner was noticed by the guest"
    assert of(GUEST) == guests
    assert {SHOP.ask("/").release, THEIRS.ask("/").release} == {"v1", "v2"}

    assert "shop" in guest.slipway("history", GUEST).expect_success().output
    guest.slipway("doctor", GUEST)
    _leave(guest)
    assert of(GUEST) == []
    assert SHOP.ask("/").status == 200
    dev.stack.preview("--expect-no-changes").expect_success()


@pytest.mark.exhaustive
def test_an_edge_that_is_replaced_serves_the_guest_again_at_once(dev: Workshop, guest: Stack) -> None:
    guest.up().expect_success()
    dev.configure(lambda config: config["slipway:edge"].update(trusted_proxies=["198.51.100.0/24"]))
    try:
        dev.stack.up().expect_success()
        assert THEIRS.ask("/").status == 200
        guest.preview("--expect-no-changes").expect_success()
    finally:
        dev.settle()


@pytest.mark.exhaustive
def test_an_owner_is_not_destroyed_under_its_guest(dev: Workshop, guest: Stack) -> None:
    guest.up().expect_success()
    owners = of("dev")
    dev.let_go()
    refused = dev.stack.run("destroy", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "guest-shop-db" in refused.output, "the containers in the way are not named"
    assert of("dev") == owners, "something was removed before the refusal"
    assert (SHOP.ask("/").status, THEIRS.ask("/").status) == (200, 200)


@pytest.mark.exhaustive
def test_a_guest_of_somebody_else_is_refused(guest: Stack) -> None:
    SERVER.shell("echo prod > /var/lib/slipway/stack")
    try:
        refused = guest.up()
    finally:
        SERVER.shell("echo dev > /var/lib/slipway/stack")
    assert refused.code != 0
    assert "is kept by stack prod, and the stack file says `owner: dev`" in refused.output
    assert of(GUEST) == []
