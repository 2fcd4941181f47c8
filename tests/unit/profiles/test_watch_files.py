"""The script that tells which files of the system have changed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.profiles import scripts

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs the script on a folder that stands for /var/lib/aide, with an AIDE that ends as told."""
    programs = tmp_path / "bin"
    programs.mkdir()
    aide = programs / "aide"

    def made(*arguments: str, ending: int = 0) -> int:
        aide.write_text(
            f'#!/bin/sh\necho "$2" >> {tmp_path}/calls\necho "$2" > {tmp_path}/aide.db.new\nexit {ending}\n',
            encoding="utf-8",
        )
        aide.chmod(0o755)
        text = scripts.text("watch_files.sh").replace("/var/lib/aide", str(tmp_path))
        path = f"{programs}:/usr/bin:/bin"
        return subprocess.run(["sh", "-c", text, "sh", *arguments], check=False, env={"PATH": path}).returncode

    return made


def remembered(folder: Path) -> str:
    return (folder / "aide.db").read_text(encoding="utf-8").strip()


def test_the_files_are_remembered_first_and_compared_from_then_on(run: Run, tmp_path: Path) -> None:
    assert run() == 0
    assert (remembered(tmp_path), (tmp_path / "aide.db").stat().st_mode & 0o777) == ("--init", 0o600)
    assert run() == 0
    assert remembered(tmp_path) == "--update"


def test_a_second_boot_does_not_take_what_has_changed_for_what_was_there(run: Run, tmp_path: Path) -> None:
    run("first")
    assert run("first") == 0
    assert (tmp_path / "calls").read_text(encoding="utf-8").split() == ["--init"]


@pytest.mark.parametrize("ending", [1, 4, 7])
def test_changes_are_told_once_and_are_no_failure(run: Run, tmp_path: Path, ending: int) -> None:
    run()
    assert run(ending=ending) == 0
    assert remembered(tmp_path) == "--update"


def test_what_was_remembered_stays_when_aide_fails(run: Run, tmp_path: Path) -> None:
    run()
    assert run(ending=17) == 17
    assert remembered(tmp_path) == "--init"
