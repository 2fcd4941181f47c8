"""Folders of the server that a product writes to, backed up and restored as volumes are."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.backups.conftest import PRODUCT, Host

OWNER = 10001 if os.geteuid() == 0 else os.geteuid()
SAVED = "rdb_bgsave_in_progress:0\nrdb_last_bgsave_status:ok\nBackground saving started\n"

Item = dict[str, Any]


def item(folder: Path, **changes: Any) -> Item:
    """Return the item of a folder, as the plan has it."""
    return {"kind": "files", "name": f"folder:{folder.name}", "place": str(folder), "stillness": "stop", **changes}


@pytest.fixture
def folder(host: Host) -> Iterator[Path]:
    """Return a folder of the product's, which a container writes to, and one reads a part of."""
    folder = host.root / "srv" / "dev-shop" / "uploads"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "letter.txt").write_text("dear", encoding="utf-8")
    folder.chmod(0o2750)
    os.chown(folder, OWNER, -1)
    host.run_with("dev-shop-app", str(folder))
    host.run_with("dev-shop-reader", f"{folder}/in")
    host.run_with("dev-shop-other", f"{folder}-2")
    host.write_plan(items=[item(folder)])
    yield folder
    for name in ("app", "reader", "other"):
        (host.docker / "containers" / f"dev-shop-{name}.json").unlink()


def test_a_folder_comes_back_as_it_was_with_its_owner(
    host: Host, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.program("run", PRODUCT) == 0, capsys.readouterr().err
    assert {"stop dev-shop-app dev-shop-reader", "start dev-shop-app"} <= set(host.log())
    (folder / "in" / "letter.txt").write_text("gone", encoding="utf-8")
    folder.chmod(0o700)
    os.chown(folder, os.geteuid(), -1)
    capsys.readouterr()
    assert host.program("restore", PRODUCT, "--confirmed") == 0, capsys.readouterr().err
    assert (folder / "in" / "letter.txt").read_text(encoding="utf-8") == "dear"
    assert (folder.stat().st_mode & 0o7777, folder.stat().st_uid) == (0o2750, OWNER)
    (former,) = json.loads(capsys.readouterr().out)["former"]
    assert (Path(former) / "in" / "letter.txt").read_text(encoding="utf-8") == "gone"
    assert sorted(folder.parent.iterdir()) == [folder, Path(former)], "nothing else is left beside it"
    assert "stop dev-shop-other" not in " ".join(host.log()), "it has another folder, whose name begins alike"


def test_a_container_that_has_a_part_of_the_folder_asks_first(
    host: Host, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.program("run", PRODUCT)
    assert folder.is_dir()
    assert host.program("restore", PRODUCT) == 1
    assert "dev-shop-app, dev-shop-reader runs, and would lose" in capsys.readouterr().err


def test_a_restore_that_leaves_a_container_sick_puts_the_folder_back(host: Host, folder: Path) -> None:
    host.program("run", PRODUCT)
    (folder / "in" / "letter.txt").write_text("new", encoding="utf-8")
    (host.docker / "dev-shop-reader.sick").touch()
    assert host.program("restore", PRODUCT, "--confirmed") == 1
    (host.docker / "dev-shop-reader.sick").unlink()
    assert (folder / "in" / "letter.txt").read_text(encoding="utf-8") == "new"
    assert [*folder.parent.iterdir()] == [folder], "nothing is left of it"


def test_two_folders_beside_each_other_come_back_together(host: Host, folder: Path) -> None:
    other = folder.with_name("exports")
    shutil.copytree(folder, other)
    host.write_plan(items=[item(folder), item(other)])
    host.program("run", PRODUCT)
    for each in (folder, other):
        (each / "in" / "letter.txt").unlink()
    assert host.program("restore", PRODUCT, "--confirmed") == 0
    assert all((each / "in" / "letter.txt").exists() for each in (folder, other))


def test_a_folder_is_restored_into_new_and_for_practice(
    host: Host, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.program("run", PRODUCT)
    (folder / "in" / "letter.txt").write_text("new", encoding="utf-8")
    assert host.program("drill", PRODUCT) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert host.program("restore", PRODUCT, "--into-new", "--service", "folder:uploads") == 0
    (beside,) = json.loads(capsys.readouterr().out)["beside"]
    assert (Path(beside) / "in" / "letter.txt").read_text(encoding="utf-8") == "dear"
    assert (folder / "in" / "letter.txt").read_text(encoding="utf-8") == "new"


def test_a_folder_behind_a_link_is_read_and_restored_where_it_is(host: Host, folder: Path) -> None:
    elsewhere = host.root / "disk"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    host.program("run", PRODUCT)
    (elsewhere / "in" / "letter.txt").unlink()
    assert host.program("restore", PRODUCT, "--confirmed") == 0
    assert folder.is_symlink()
    assert (elsewhere / "in" / "letter.txt").read_text(encoding="utf-8") == "dear"


@pytest.mark.parametrize("is_file", [False, True])
def test_what_is_no_folder_fails_and_is_named(
    host: Host, folder: Path, capsys: pytest.CaptureFixture[str], *, is_file: bool
) -> None:
    gone = folder.with_name("gone")
    if is_file:
        gone.touch()
    host.write_plan(items=[item(gone)])
    assert host.program("run", PRODUCT) == 1
    assert f"folder:gone: {gone} is no folder of this server: mount the folder of a file" in capsys.readouterr().err


def test_a_folder_that_is_a_mount_is_not_switched(host: Host, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host.program("run", PRODUCT)
    host.write_plan(items=[item(folder, place="/proc")])
    assert host.program("restore", PRODUCT, "--confirmed") == 1
    assert "/proc is mounted from elsewhere: restore it with `--into new`" in capsys.readouterr().err


def test_redis_in_a_folder_is_saved_first_and_its_folders_keep_their_owners(host: Host, folder: Path) -> None:
    (host.docker / "redis").write_text(SAVED, encoding="utf-8")
    os.chown(folder / "in", OWNER, -1)
    redis = {"kind": "redis", "name": "cache", "container": "dev-shop-app", "client": "redis-cli"}
    host.write_plan(items=[{**redis, "place": str(folder)}])
    assert host.program("run", PRODUCT) == 0
    assert "exec dev-shop-app redis-cli BGSAVE" in host.log()
    shutil.rmtree(folder / "in")
    os.chown(folder, os.geteuid(), -1)
    assert host.program("restore", PRODUCT, "--confirmed") == 0
    assert {each.stat().st_uid for each in (folder, folder / "in")} == {OWNER}
    assert (folder / "in" / "letter.txt").exists()


def test_a_plan_of_an_earlier_version_still_works(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    former = {"kind": "files", "name": "files", "volume": "dev-shop-files", "stillness": "pause", "sqlite": ["app.db"]}
    host.write_plan(items=[former])
    assert host.program("run", PRODUCT) == 0, capsys.readouterr().err
    (host.files / "letter.txt").unlink()
    host.write_plan(items=[{key.replace("volume", "place"): value for key, value in former.items()}])
    assert host.program("restore", PRODUCT, "--confirmed") == 0, capsys.readouterr().err
    assert (host.files / "letter.txt").exists(), "today's plan reads a backup of then"
