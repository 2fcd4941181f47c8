"""Swap files, by a kernel that is a table of those in use."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.swap import Swap
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
FSTAB = "# table\nUUID=1 / ext4 defaults 0 1\n"
HEADER = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Path:
    """Return the root of a server without swap."""
    monkeypatch.setattr(places, "FSTAB", tmp_path / "fstab")
    monkeypatch.setattr(places, "PROC_SWAPS", tmp_path / "swaps")
    (tmp_path / "fstab").write_text(FSTAB)
    (tmp_path / "swaps").write_text(HEADER)
    place = os.sysconf("SC_PAGE_SIZE") - len("SWAPSPACE2")
    command("mkswap", f'printf SWAPSPACE2 | dd of="$1" bs=1 seek={place} conv=notrunc 2>/dev/null')
    command("swapon", f'printf "%s file 1020 0 -2\\n" "$1" >> {tmp_path}/swaps')
    command("swapoff", f'grep -v "^$1 " {tmp_path}/swaps > {tmp_path}/kept; cat {tmp_path}/kept > {tmp_path}/swaps')
    return tmp_path


def swap(root: Path, size: int = 2) -> Swap:
    return Swap(path=f"{root}/swapfile", size=size)


def calls(root: Path) -> dict[str, int]:
    return {name: len(lines(root / f"{name}.log")) for name in ("mkswap", "swapon", "swapoff")}


def test_a_swap_file_is_made_and_used_now_and_from_the_next_boot_on(root: Path) -> None:
    assert swap(root).read() is None
    swap(root).apply()
    assert swap(root).read() == {"size": 2}
    status = (root / "swapfile").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, 2 * 1024 * 1024)
    assert status.st_blocks * 512 >= status.st_size, "a file with holes cannot be swapped to"
    assert (root / "fstab").read_text() == f"{FSTAB}{root}/swapfile none swap sw 0 0\n"


def test_a_swap_file_that_is_as_wanted_is_left_alone(root: Path) -> None:
    swap(root).apply()
    swap(root).apply()
    assert calls(root) == {"mkswap": 1, "swapon": 1, "swapoff": 0}


def test_another_size_makes_the_file_anew(root: Path) -> None:
    swap(root).apply()
    assert swap(root, 1).read() == {"size": 2}
    swap(root, 1).apply()
    assert swap(root, 1).read() == {"size": 1}
    assert calls(root) == {"mkswap": 2, "swapon": 2, "swapoff": 1}
    assert (root / "fstab").read_text().count("swapfile") == 1


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda root: (root / "swaps").write_text(HEADER), "2 (not in use)"),
        (lambda root: (root / "fstab").write_text(FSTAB), "2 (not in {root}/fstab)"),
        (
            lambda root: (root / "fstab").write_text(f"{root}/swapfile none swap noauto 0 0\n"),
            "2 (not in {root}/fstab)",
        ),
        (lambda root: (root / "swapfile").chmod(0o644), "2 (mode 0644)"),
    ],
)
def test_each_thing_that_differs_is_drift_and_healed(root: Path, tamper: Callable[[Path], Any], told: str) -> None:
    swap(root).apply()
    tamper(root)
    assert swap(root).read() == {"size": told.format(root=root)}
    swap(root).apply()
    assert swap(root).read() == {"size": 2}
    assert calls(root)["mkswap"] == 1


def test_a_file_that_is_no_swap_space_is_told_and_never_overwritten(root: Path) -> None:
    (root / "swapfile").write_text("precious")
    assert (swap(root).read() or {})["size"].startswith("0 (not whole MiB, no swap space")
    with pytest.raises(AgentError, match="is there and is no swap space"):
        swap(root).apply()
    swap(root).remove()
    assert (root / "swapfile").read_text() == "precious"


def test_swap_that_could_not_be_made_leaves_the_former_in_use(root: Path, command: Command) -> None:
    swap(root).apply()
    command("mkswap", "echo 'mkswap: error' >&2; exit 1")
    with pytest.raises(AgentError, match="mkswap: error"):
        swap(root, 1).apply()
    assert swap(root).read() == {"size": 2}
    assert not list(root.glob(".swapfile*"))


def test_what_a_killed_run_left_is_overwritten(root: Path) -> None:
    (root / ".swapfile.slipway").write_text("half")
    swap(root).apply()
    assert swap(root).read() == {"size": 2}
    assert not list(root.glob(".swapfile*"))


def test_removal_takes_it_out_of_use_and_deletes_it(root: Path) -> None:
    swap(root).apply()
    swap(root).remove()
    swap(root).remove()
    assert (root / "fstab").read_text() == FSTAB
    assert (root / "swaps").read_text() == HEADER
    assert not (root / "swapfile").exists()
    assert calls(root)["swapoff"] == 1


def test_a_swap_file_that_memory_cannot_do_without_stays_for_the_next_boot(root: Path, command: Command) -> None:
    swap(root).apply()
    command("swapoff", "echo 'swapoff failed: Cannot allocate memory' >&2; exit 4")
    with pytest.raises(AgentError, match="Cannot allocate memory"):
        swap(root).remove()
    assert swap(root).read() == {"size": 2}


@pytest.mark.parametrize(
    ("path", "size"), [("swapfile", 1), ("/swap file", 1), ("/swap\\file", 1), ("/swap", 0), ("/swap", 1 << 21)]
)
def test_what_cannot_be_swapped_to_is_a_mistake(path: str, size: int) -> None:
    assert list(Swap(path=path, size=size).mistakes())


def test_a_swap_file_is_no_mistake() -> None:
    assert not list(Swap(path="/swapfile", size=1024).mistakes())
