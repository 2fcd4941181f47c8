"""Modules of the kernel that are not to be loaded."""

from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kernel_module import KernelModule
from tests.unit.host.conftest import changes_of

STORAGE = KernelModule(name="usb-storage")
CONTENT = "# Kept by slipway.\ninstall usb-storage /bin/false\nblacklist usb-storage\n"
BLOCKED = {"blocked": True, "loaded": False}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of modprobe's files on a server that has loaded one module."""
    monkeypatch.setattr(places, "MODPROBE_FOLDERS", (tmp_path / "etc", tmp_path / "lib"))
    monkeypatch.setattr(places, "PROC_MODULES", tmp_path / "modules")
    (tmp_path / "modules").write_text("uas 28672 0 - Live 0x0\nxfs 1 0 - Live 0x0\n")
    for name in ("etc", "lib"):
        (tmp_path / name).mkdir()
    return tmp_path / "etc"


def test_a_module_is_blocked_by_a_file_of_its_own(folder: Path) -> None:
    assert STORAGE.read() == {"blocked": False, "loaded": False}
    STORAGE.apply()
    assert (folder / "slipway-usb-storage.conf").read_text() == CONTENT
    assert STORAGE.read() == BLOCKED


def test_a_module_that_is_blocked_is_left_alone(folder: Path) -> None:
    STORAGE.apply()
    before = changes_of(folder / "slipway-usb-storage.conf")
    STORAGE.apply()
    assert changes_of(folder / "slipway-usb-storage.conf") == before


@pytest.mark.parametrize("content", ["", "install usb-storage /sbin/modprobe -i usb-storage\n", f"{CONTENT}# more\n"])
def test_a_changed_file_is_drift_and_healed(folder: Path, content: str) -> None:
    STORAGE.apply()
    (folder / "slipway-usb-storage.conf").write_text(content)
    assert (STORAGE.read() or {})["blocked"] is False
    assert (KernelModule(name="usb-storage", blocked=False).read() or {})["blocked"] is False, "after a refresh"
    STORAGE.apply()
    assert STORAGE.read() == BLOCKED


@pytest.mark.parametrize("place", ["etc", "lib"])
def test_a_line_that_comes_first_and_loads_it_is_drift_and_put_aside_until_removal(folder: Path, place: str) -> None:
    STORAGE.apply()
    other = folder.parent / place / "a.conf"
    text = "options uas quirks=x\ninstall usb_stor* /sbin/modprobe -i usb_storage\n"
    other.write_text(text)
    assert (STORAGE.read() or {})["blocked"] is False
    STORAGE.apply()
    assert STORAGE.read() == BLOCKED
    assert other.read_text().startswith("options uas quirks=x\n# put aside by slipway: install")
    STORAGE.remove()
    assert other.read_text() == text


def test_a_line_that_blocks_it_too_or_comes_later_does_not_matter(folder: Path) -> None:
    (folder / "a.conf").write_text("install usb-storage /bin/true\ninstall uas /sbin/insmod uas\n")
    (folder / "z.conf").write_text("install usb-storage /sbin/insmod usb-storage\n")
    STORAGE.apply()
    assert STORAGE.read() == BLOCKED
    assert "aside" not in (folder / "a.conf").read_text() + (folder / "z.conf").read_text()


def test_a_module_that_is_loaded_is_told_in_whichever_spelling(
    folder: Path, request_sent: list[dict[str, Any]]
) -> None:
    (folder.parent / "modules").write_text("usb_storage 81920 1 uas, Live 0x0\n")
    STORAGE.apply()
    assert STORAGE.read() == {"blocked": True, "loaded": True}
    assert [message["warning"] for message in request_sent] == [
        "the kernel module usb-storage is loaded on server.test: it is blocked from its next boot"
    ]


def test_a_block_is_lifted_by_an_input_and_by_removal(folder: Path) -> None:
    free = KernelModule(name="usb-storage", blocked=False)
    STORAGE.apply()
    assert (free.read() or {})["blocked"] is True
    free.apply()
    assert (free.read() or {})["blocked"] is False
    STORAGE.apply()
    STORAGE.remove()
    STORAGE.remove()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "a\nb"])
def test_what_is_no_module_is_a_mistake(name: str) -> None:
    assert list(KernelModule(name=name).mistakes())
