"""Backups of the shop on a real server: what was lost comes back, and what is damaged is found."""

import json
import shlex
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from infra.backups.program.places import COMMAND
from tests.lab.conftest import Workshop
from tests.lab.server import LabServer
from tests.lab.shop import Shop

pytestmark = pytest.mark.exhaustive
SHOP = Shop("dev")
SERVER = LabServer("dev")
PSQL = "docker exec --user postgres dev-shop-db psql -qAt"
PROGRAM = shlex.join(COMMAND)
PLAN = "/etc/slipway/backups/dev-shop"
UNIT = "slipway-backup-dev-shop"


@pytest.fixture(autouse=True)
def backed_up(dev: Workshop) -> Iterator[None]:
    """Have two targets on the server's disk, and nothing at them."""
    clear()

    def change(config: Any) -> None:
        config["slipway:backups"] = {"targets": {"disk": {"path": "/srv/backups"}, "second": {"path": "/srv/second"}}}

    dev.configure(change)
    dev.stack.up().expect_success()
    yield
    clear()


def clear() -> None:
    SERVER.shell("rm -rf /srv/backups /srv/second /var/lib/slipway/backups")


def sql(statements: str, database: str = "shop") -> list[str]:
    return SERVER.shell(f"{PSQL} -d {database} -c {shlex.quote(statements)}").split()


def place(item: str) -> None:
    assert SHOP.ask("/orders", order={"item": item, "quantity": 1}).status == HTTPStatus.CREATED


def noted(kind: str) -> list[dict[str, Any]]:
    lines = SERVER.shell("cat /var/lib/slipway/backups/dev-shop.jsonl").splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == kind]


def failed(verb: str) -> str:
    """Run what a timer runs, which has to fail; return what was written down."""
    SERVER.shell(f"! {PROGRAM} {verb} dev-shop")
    return str(noted("backup" if verb == "run" else "drill")[-1]["reason"])


def test_every_order_before_the_backup_comes_back_after_the_database_was_dropped(dev: Workshop) -> None:
    dev.stack.preview("--expect-no-changes").expect_success()
    place("kept")
    kept = SHOP.orders()
    dev.stack.slipway("backup", "dev", "shop").expect_success()
    place("late")
    sql("DROP DATABASE shop WITH (FORCE)", "postgres")
    # `slipway restore` names targets by the shipped stack file; what it runs is on the server.
    SERVER.shell(f"{PROGRAM} restore dev-shop --target second --confirmed")
    assert SHOP.orders() == kept
    place("new")
    assert len(SHOP.orders()) == len(kept) + 1, "who signs in and what they may do is as before"
    assert dev.stack.slipway("backups", "dev").expect_success().output.count("good") >= 2
    dev.stack.preview("--expect-no-changes").expect_success()


def test_the_unit_of_the_timer_backs_up_in_its_sandbox_and_a_drill_passes() -> None:
    SERVER.shell(f"systemctl start {UNIT}.service && systemctl start {UNIT}-fresh.service {UNIT}-drill.service")
    assert [line["exit"] for line in noted("drill")] == [0, 0]
    assert "slipway-drill" not in SERVER.shell("docker ps --all --format '{{.Names}}'")


def test_a_wrong_passphrase_fails_one_target_and_no_visitor_notices() -> None:
    SERVER.shell(f"{PROGRAM} run dev-shop")
    SERVER.shell("mv /srv/backups/dev-shop /srv/backups/away && RESTIC_PASSWORD=x restic init -r /srv/backups/dev-shop")
    assert "the passphrase does not open the repository" in target_failure()
    assert SHOP.ask("/orders").status == 200


def target_failure() -> str:
    """Back up; return why the first target failed, the second one being well."""
    SERVER.shell(f"! {PROGRAM} run dev-shop")
    first, second = noted("backup")[-2:]
    assert (first["exit"], second["exit"]) == (1, 0)
    return str(first["reason"])


def test_a_target_that_is_gone_is_not_made_anew_in_silence() -> None:
    SERVER.shell(f"{PROGRAM} run dev-shop && rm -r /srv/backups")
    assert "the repository is gone" in target_failure()


def test_a_drill_finds_a_damaged_pack_and_a_table_that_is_missing() -> None:
    SERVER.shell(f"{PROGRAM} run dev-shop && {PROGRAM} drill dev-shop")
    sql("ALTER TABLE orders RENAME TO hidden")
    try:
        SERVER.shell(f"{PROGRAM} run dev-shop")
        assert "answers f, not t" in failed("drill")
    finally:
        sql("ALTER TABLE hidden RENAME TO orders")
    spoil = "dd if=/dev/zero of={} bs=64 seek=1 count=1 conv=notrunc"
    SERVER.shell(f"find /srv/second -path '*/data/*/*' -exec {spoil} ';'")
    assert failed("drill")


def test_a_folder_that_a_service_writes_to_comes_back(dev: Workshop) -> None:
    override = dev.folder / "folder.yaml"
    override.write_text('services: {worker: {volumes: ["/srv/dev-shop/files:/files"]}}\n', encoding="utf-8")
    dev.add_compose(override)
    dev.stack.up().expect_success()
    SERVER.shell("echo kept > /srv/dev-shop/files/a; chown -R 10001:10001 /srv/dev-shop/files")
    SERVER.shell(f"{PROGRAM} run dev-shop; rm /srv/dev-shop/files/a; echo later > /srv/dev-shop/files/b")
    SERVER.shell(f"{PROGRAM} restore dev-shop --confirmed")
    worker = "$(docker ps --quiet --filter label=slipway.product=shop --filter label=slipway.service=worker)"
    assert SERVER.shell(f"docker exec {worker} sh -c 'ls /files; cat /files/a'").split() == ["a", "kept"]
    assert SERVER.shell("stat --format %u:%g /srv/dev-shop/files").strip() == "10001:10001"
    SERVER.shell(f"{PROGRAM} drill dev-shop")
    dev.stack.preview("--expect-no-changes").expect_success()
