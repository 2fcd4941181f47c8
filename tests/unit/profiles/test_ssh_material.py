"""The script that makes a strong host key and strong groups."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.profiles import scripts

MODULI = """\
# Time Type Tests Tries Size Generator Modulus
20230101 2 6 100 2047 5 AAAA
20230101 2 6 100 3071 5 BBBB
20230101 2 6 100 4095 2 CCCC
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[[], None]:
    """Return what runs the script on a folder that stands for /etc/ssh, with a generator that takes no time."""
    (tmp_path / "moduli").write_text(MODULI, encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    generator = programs / "ssh-keygen"
    generator.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\nfor last; do :; done\n'
        'echo private > "$last"; echo public > "$last.pub"\n',
        encoding="utf-8",
    )
    generator.chmod(0o755)

    def made() -> None:
        text = scripts.text("ssh_material.sh").replace("/etc/ssh", str(tmp_path))
        path = f"{programs}:/usr/bin:/bin"
        subprocess.run(["sh", "-c", text], check=True, env={"PATH": path})

    return made


def test_the_key_is_of_4096_bits_and_for_root_only(run: Callable[[], None], tmp_path: Path) -> None:
    run()
    key = tmp_path / "slipway_host_rsa_4096_key"
    assert "-t rsa -b 4096" in (tmp_path / "calls").read_text(encoding="utf-8")
    assert (key.read_text(encoding="utf-8"), key.stat().st_mode & 0o777) == ("private\n", 0o600)
    assert key.with_suffix(".pub").read_text(encoding="utf-8") == "public\n"


def test_weak_groups_are_left_out(run: Callable[[], None], tmp_path: Path) -> None:
    run()
    sizes = [line.split()[4] for line in (tmp_path / "slipway_moduli").read_text(encoding="utf-8").splitlines()[1:]]
    assert sizes == ["3071", "4095"]


def test_a_key_that_is_there_stays(run: Callable[[], None], tmp_path: Path) -> None:
    run()
    (tmp_path / "slipway_host_rsa_4096_key").write_text("older\n", encoding="utf-8")
    run()
    assert (tmp_path / "slipway_host_rsa_4096_key").read_text(encoding="utf-8") == "older\n"
    assert len((tmp_path / "calls").read_text(encoding="utf-8").splitlines()) == 1


def test_what_a_run_that_was_cut_off_left_behind_does_not_stop_the_next(
    run: Callable[[], None], tmp_path: Path
) -> None:
    (tmp_path / "slipway_host_rsa_4096_key.new").write_text("half", encoding="utf-8")
    (tmp_path / "slipway_host_rsa_4096_key").touch()
    run()
    assert (tmp_path / "slipway_host_rsa_4096_key").read_text(encoding="utf-8") == "private\n"
