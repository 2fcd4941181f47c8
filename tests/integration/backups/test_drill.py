"""What a restore for practice, and a look at the targets' listings, find."""

import json
import os
import time
from datetime import timedelta

import pytest

from infra.backups.program import places, records
from infra.backups.program.plan import PLAN
from tests.integration.backups.conftest import PRODUCT, Host


def test_a_good_backup_passes_and_is_measured(host: Host) -> None:
    host.program("run", PRODUCT)
    assert host.program("drill", PRODUCT) == 0
    (line,) = host.noted("drill")
    assert (line["target"], line["exit"]) == ("near", 0)
    assert line["rto_seconds"] >= 0
    assert line["tables"]["db/shop"] == {"own.orders": 1, "public.orders": 500}
    assert any("run --detach --network none --name slipway-drill-dev-shop-db" in each for each in host.log())
    assert not (host.docker / "containers" / "slipway-drill-dev-shop-db.json").exists(), "nothing is left of it"
    assert host.program("fresh", PRODUCT) == 0


def test_a_dump_without_a_table_is_found(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    program = os.environ["STANDIN_POSTGRES"]
    host.broken("pg_dump", f'exec {program}/pg_dump --exclude-table-data=public.orders "$@"')
    host.program("run", PRODUCT)
    host.mended("pg_dump")
    assert host.program("drill", PRODUCT) == 1
    assert "table public.orders of database shop has 0 rows, and had 500 when it was dumped" in capsys.readouterr().err


def test_a_table_that_was_dropped_is_told_once(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.write_plan(items=[{"kind": "postgres", "name": "db", "container": "dev-shop-db"}])
    host.program("run", PRODUCT)
    assert host.program("drill", PRODUCT) == 0
    host.ask("DROP TABLE own.orders")
    host.program("run", PRODUCT)
    assert host.program("drill", PRODUCT) == 1
    assert "all rows are gone of own.orders of db/shop" in capsys.readouterr().err
    assert host.program("drill", PRODUCT) == 0, "a migration may have done it"


def test_what_the_product_checks_is_asked_of_the_restored_database(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.ask("DELETE FROM orders")
    host.program("run", PRODUCT)
    assert host.program("drill", PRODUCT) == 1
    assert "check `SELECT count(*) > 0 FROM orders` of database shop answers f, not t" in capsys.readouterr().err


@pytest.mark.parametrize("trouble", ["pack", "passphrase"])
def test_a_target_in_trouble_is_found(trouble: str, host: Host) -> None:
    host.program("run", PRODUCT)
    host.hurt(trouble)
    assert host.program("drill", PRODUCT) == 1
    assert host.noted("drill")[-1]["reason"]


def test_a_job_that_never_ran_is_found_once_it_is_late(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert host.program("fresh", PRODUCT) == 0
    plan = places.PLANS / PRODUCT / PLAN
    os.utime(plan, (0, time.time() - 4 * 3600))
    assert host.program("fresh", PRODUCT) == 1
    assert "target near: there is no complete backup" in capsys.readouterr().err


def test_a_repository_that_is_gone_is_found_at_once_and_one_of_another_address_is_new(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [{"kind": "state", "name": "slipway", "paths": [str(host.root / "state")]}]
    host.write_plan(items=items)
    host.program("run", PRODUCT)
    host.hurt("gone")
    assert host.program("fresh", PRODUCT) == 1
    assert "target near: the repository is gone" in capsys.readouterr().err
    host.write_plan(items=items, targets=[{"name": "near", "repository": str(host.root / "elsewhere")}])
    assert (host.program("fresh", PRODUCT), host.program("run", PRODUCT)) == (0, 0)


@pytest.mark.parametrize(
    ("hours", "words"), [(5, "the newest complete backup is of"), (-5, "which is yet to come: a clock is wrong")]
)
def test_age_is_judged_by_what_the_target_lists(
    hours: int, words: str, host: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.write_plan(items=[{"kind": "state", "name": "slipway", "paths": [str(host.root / "state")]}])
    host.program("run", PRODUCT)
    later = records.now() + timedelta(hours=hours)
    monkeypatch.setattr(records, "now", lambda: later)
    assert host.program("fresh", PRODUCT) == 1
    assert words in capsys.readouterr().err
    assert json.loads((places.RECORDS / f"{PRODUCT}.jsonl").read_text(encoding="utf-8").splitlines()[-1])["exit"] == 1


def test_an_incomplete_run_does_not_count_as_fresh(host: Host) -> None:
    host.broken("pg_dump", "exit 1")
    host.program("run", PRODUCT)
    host.mended("pg_dump")
    os.utime(places.PLANS / PRODUCT / PLAN, (0, 0))
    assert host.program("fresh", PRODUCT) == 1
