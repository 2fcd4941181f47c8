"""A product backed up and restored, by restic and PostgreSQL themselves."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.backups.program import places
from infra.backups.program.locks import alone
from tests.integration.backups.conftest import PRODUCT, Host, given


def test_what_was_lost_comes_back_from_either_target(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.files.chmod(0o750)
    host.write_plan(targets=given(host.root, "near", "far")["targets"])
    assert host.program("run", PRODUCT) == 0, capsys.readouterr().err
    assert [(line["target"], line["exit"]) for line in host.noted("backup")] == [("near", 0), ("far", 0)]
    host.files.chmod(0o751)
    host.ask("DELETE FROM orders WHERE id > 100; INSERT INTO orders VALUES (1000, 'late')")
    (host.files / "letter.txt").write_text("gone", encoding="utf-8")
    capsys.readouterr()
    assert host.program("restore", PRODUCT, "--target", "far", "--confirmed") == 0, capsys.readouterr().err
    told = json.loads(capsys.readouterr().out)
    assert told["tables"]["shop"] == {"public.orders": {"serving": 101, "restored": 500}}
    assert host.ask("SELECT count(*), max(id) FROM orders") == ["500|500"]
    assert host.ask("SHOW work_mem") == ["5MB"]
    assert host.ask("SELECT tableowner FROM pg_tables WHERE schemaname = 'own'") == ["shop"]
    assert host.ask("SELECT has_database_privilege('public', 'shop', 'connect')") == ["f"]
    assert (host.files / "letter.txt").read_text(encoding="utf-8") == "dear"
    assert (host.files / "app.db").exists()
    assert host.files.stat().st_mode & 0o777 == 0o750, "the folder itself is as it was"
    assert len(told["former"]) == 3, "both databases and the files are kept"


def test_nothing_but_the_record_shows_a_product_that_it_was_backed_up(host: Host) -> None:
    before = sorted(path.name for path in host.files.iterdir())
    host.program("run", PRODUCT)
    assert sorted(path.name for path in host.files.iterdir()) == before
    words = [line for line in host.log() if line.split()[0] in ("pause", "unpause", "stop", "start")]
    assert words == ["pause dev-shop-web", "unpause dev-shop-web"]


def test_a_dump_that_breaks_off_is_not_kept(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    host.broken("pg_dump", "head -c 100000 /dev/zero; echo 'pg_dump: lost the server' >&2; exit 1")
    assert host.program("run", PRODUCT) == 1
    assert "db: `docker exec` failed: pg_dump: lost the server" in capsys.readouterr().err
    assert host.noted("backup")[-1]["items"] == ["files", "slipway"], "what is well is kept all the same"
    host.mended("pg_dump")
    assert host.program("restore", PRODUCT, "--service", "db", "--confirmed") == 0, "from the run before"
    assert host.ask("SELECT count(*) FROM orders") == ["500"]


def test_incomplete_runs_never_displace_the_last_complete_one(host: Host) -> None:
    host.write_plan(retention={"hourly": 1, "daily": 0, "weekly": 0, "monthly": 0})
    host.program("run", PRODUCT)
    host.broken("pg_dump", "exit 1")
    for _ in range(2):
        host.program("run", PRODUCT)
    host.mended("pg_dump")
    near = host.repository("near")
    assert len(near.snapshots("manifest")) == 1
    assert host.program("restore", PRODUCT, "--confirmed") == 0
    host.program("run", PRODUCT)
    assert (len(near.snapshots("manifest")), len(near.snapshots("partial"))) == (1, 0), "a complete run tidies up"
    assert len({each.tag("run") for each in near.snapshots()}) == 1, "and what retention does not ask for is forgotten"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("away", "target near: does not answer"),
        ("passphrase", "target near: the passphrase does not open the repository"),
        ("gone", "target near: the repository is gone: somebody has removed it"),
    ],
)
def test_one_target_in_trouble_keeps_nothing_from_the_other(
    trouble: str, words: str, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.write_plan(targets=given(host.root, "near", "far")["targets"])
    host.program("run", PRODUCT)
    host.hurt(trouble)
    assert host.program("run", PRODUCT) == 1
    assert words in capsys.readouterr().err
    near, far = host.noted("backup")[-2:]
    assert (near["exit"], far["exit"]) == (1, 0)
    assert words in near["reason"]
    assert "canary" not in json.dumps(near)


def test_a_restore_that_leaves_a_container_sick_is_taken_back(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    host.ask("DELETE FROM orders")
    (host.files / "letter.txt").write_text("new", encoding="utf-8")
    (host.docker / "dev-shop-web.sick").touch()
    assert host.program("restore", PRODUCT, "--confirmed") == 1
    (host.docker / "dev-shop-web.sick").unlink()
    assert "container dev-shop-web is unhealthy with the restored files" in capsys.readouterr().err
    assert host.ask("SELECT count(*) FROM orders") == ["0"]
    assert (host.files / "letter.txt").read_text(encoding="utf-8") == "new"
    assert host.databases() == ["shop"], "nothing is left of it"
    assert [path.name for path in host.files.parent.iterdir()] == ["_data"]
    assert host.noted("restore")[-1]["exit"] == 1


def test_a_damaged_backup_touches_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    host.hurt("pack")
    assert host.program("restore", PRODUCT, "--confirmed") == 1
    assert capsys.readouterr().err
    assert host.databases() == ["shop"]
    assert host.ask("SELECT count(*) FROM orders") == ["500"]
    assert not [line for line in host.log() if line.startswith("stop")]


def test_a_restore_asks_before_it_takes_from_a_product_that_runs(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.program("run", PRODUCT)
    assert host.program("restore", PRODUCT) == 1
    assert "dev-shop-db, dev-shop-web runs, and would lose what came after" in capsys.readouterr().err


def test_a_backup_from_before_there_was_one_is_refused_with_what_there_is(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.program("run", PRODUCT)
    kept = host.repository("near").snapshots("manifest")[0].time.isoformat(timespec="seconds")
    assert host.program("restore", PRODUCT, "--at", "2020-01-01T00:00", "--confirmed") == 1
    err = capsys.readouterr().err
    assert f"no backup of db, files from before 2020-01-01T00:00:00+00:00; there is {kept}" in err


def test_another_major_version_is_refused(
    host: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host.program("run", PRODUCT)
    monkeypatch.setattr("infra.backups.program.postgres.Server.major", lambda _: 99)
    assert host.program("restore", PRODUCT, "--confirmed") == 1
    assert "and dev-shop-db is PostgreSQL 99" in capsys.readouterr().err


def test_two_at_once_are_refused(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    with alone(PRODUCT):
        assert host.program("run", PRODUCT) == 1
    assert "is under way" in capsys.readouterr().err


def test_a_restore_into_new_switches_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    host.ask("DELETE FROM orders")
    capsys.readouterr()
    assert host.program("restore", PRODUCT, "--into-new") == 0
    beside = json.loads(capsys.readouterr().out)["beside"]
    (database,) = [name for name in beside if name.startswith("shop_restored")]
    assert (host.ask("SELECT count(*) FROM orders", database), host.ask("SELECT count(*) FROM orders")) == (
        ["500"],
        ["0"],
    )
    (folder,) = [name for name in beside if name.startswith("/")]
    assert (Path(folder) / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_a_dry_run_says_what_would_be_lost_and_changes_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    capsys.readouterr()
    assert host.program("restore", PRODUCT, "--dry-run") == 0
    told = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in told["items"]] == ["db", "files"]
    assert told["lost_seconds"] >= 0
    assert not host.noted("restore")


def test_a_database_that_was_dropped_comes_back(host: Host) -> None:
    host.program("run", PRODUCT)
    host.ask("DROP DATABASE shop WITH (FORCE); DROP ROLE shop", "postgres")
    assert host.program("restore", PRODUCT, "--service", "db", "--confirmed") == 0
    assert host.ask("SELECT count(*) FROM own.orders") == ["1"]
    assert host.ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'shop'") == ["t"]


def test_the_passphrase_can_be_had_by_whom_it_is_escrowed_to(host: Host) -> None:
    identity = host.root / "identity"
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    made = subprocess.run(["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True)
    host.write_plan(recipients=[made.stdout.strip()])
    for _ in range(2):
        assert host.program("run", PRODUCT) == 0
    beside = ["restic", "-r", str(host.root / "near-escrow")]
    known = {**os.environ, "RESTIC_PASSWORD": "slipway"}
    listing = subprocess.run([*beside, "snapshots", "--json"], env=known, check=True, capture_output=True)
    assert len(json.loads(listing.stdout)) == 1, "once is enough"
    dump = subprocess.run([*beside, "dump", "latest", "/passphrase.age"], env=known, check=True, capture_output=True)
    words = ["age", "--decrypt", "--identity", str(identity)]
    told = json.loads(subprocess.run(words, input=dump.stdout, check=True, capture_output=True).stdout)
    assert (told["passphrase"], told["repository"]) == ("canary-passphrase", str(host.root / "near"))


def test_an_empty_server_does_not_add_to_the_backups_of_the_former_one(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.program("run", PRODUCT)
    shutil.rmtree(places.KNOWN)
    host.ask("DELETE FROM orders")
    assert host.program("run", PRODUCT) == 1
    assert "there are backups of a former server: restore them first" in capsys.readouterr().err
    assert host.program("restore", PRODUCT, "--confirmed") == 0
    assert host.ask("SELECT count(*) FROM orders") == ["500"]
    assert host.program("run", PRODUCT) == 0


@pytest.mark.parametrize("trouble", ["gone", "away"])
def test_after_a_restore_a_target_that_was_gone_or_away_meanwhile_is_backed_up_to(
    trouble: str, host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    both = given(host.root, "near", "far")["targets"]
    host.write_plan(targets=both)
    host.program("run", PRODUCT)
    shutil.rmtree(places.KNOWN)
    host.hurt(trouble)
    assert host.program("restore", PRODUCT, "--target", "far", "--confirmed") == 0, capsys.readouterr().err
    host.write_plan(targets=both)
    assert (host.program("fresh", PRODUCT), host.program("run", PRODUCT)) == (0, 0), capsys.readouterr().err
