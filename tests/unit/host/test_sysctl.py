"""Settings of the kernel, by a kernel that is a folder of files."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.sysctl import Sysctl
from infra.host.agent.sysctl_files import file_of
from tests.unit.host.conftest import changes_of

NAME = "net.ipv4.tcp_syncookies"
COOKIES = Sysctl(name=NAME, value="1")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a server whose kernel has the setting off and no file for it."""
    monkeypatch.setattr(places, "PROC_SYS", tmp_path / "proc")
    monkeypatch.setattr(places, "SYSCTL_CONF", tmp_path / "etc/sysctl.conf")
    folders = tuple(tmp_path / name for name in ("etc/sysctl.d", "run/sysctl.d", "usr/lib/sysctl.d"))
    monkeypatch.setattr(places, "SYSCTL_FOLDERS", folders)
    for folder in (*folders, tmp_path / "proc/net/ipv4"):
        folder.mkdir(parents=True)
    (tmp_path / "proc/net/ipv4/tcp_syncookies").write_text("0\n")
    return tmp_path


def own(root: Path) -> Path:
    return root / f"etc/sysctl.d/99-zz-slipway-{NAME}.conf"


def now(root: Path) -> Path:
    return root / "proc/net/ipv4/tcp_syncookies"


def value(sysctl: Sysctl = COOKIES) -> Any:
    return (sysctl.read() or {})["value"]


@pytest.fixture
def refusing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the kernel refuse any further value of the setting."""
    write = Path.write_text

    def refuse(path: Path, *given: Any) -> int:
        if path == now(root):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return write(path, *given)

    monkeypatch.setattr(Path, "write_text", refuse)


def test_a_setting_is_made_now_and_for_the_next_boot(root: Path) -> None:
    COOKIES.apply()
    assert now(root).read_text() == "1\n"
    assert own(root).read_text() == f"# Kept by slipway.\n# before: 0\n{NAME} = 1\n"
    assert value() == "1"


def test_a_setting_that_is_as_wanted_is_not_written_again(root: Path) -> None:
    COOKIES.apply()
    before = (changes_of(own(root)), changes_of(now(root)))
    COOKIES.apply()
    assert (changes_of(own(root)), changes_of(now(root))) == before


def test_another_value_at_run_time_is_drift_and_healed(root: Path) -> None:
    COOKIES.apply()
    now(root).write_text("0\n")
    assert value() == f"0 (until the next boot, then 1 from {own(root)})"
    COOKIES.apply()
    assert value() == "1"


def test_a_value_that_somebody_healed_after_a_refresh_is_no_drift(root: Path) -> None:
    COOKIES.apply()
    now(root).write_text("0\n")
    refreshed = Sysctl(name=NAME, value=value())
    assert value(refreshed) == refreshed.value
    now(root).write_text("1\n")
    assert value(refreshed) == "1"


def test_a_value_that_no_file_keeps_is_drift(root: Path) -> None:
    now(root).write_text("1\n")
    assert value() == "1 (until the next boot)"
    COOKIES.apply()
    assert value() == "1"


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("etc/sysctl.d/99-zzz.conf", f"{NAME} = 0"),
        ("usr/lib/sysctl.d/99-zzz.conf", "net/ipv4/tcp_syncookies=0"),
        ("etc/sysctl.conf", f"-{NAME}=0"),
        ("run/sysctl.d/99-zzz.conf", f"-{NAME}"),
    ],
)
def test_a_line_that_would_win_is_drift_and_put_aside_until_removal(root: Path, place: str, line: str) -> None:
    COOKIES.apply()
    text = f"# of an admin\n{line}\nvm.swappiness = 10\n"
    (root / place).write_text(text)
    assert value() != "1"
    COOKIES.apply()
    assert value() == "1"
    assert (root / place).read_text() == text.replace(line, f"# put aside by slipway: {line}")
    COOKIES.remove()
    assert (root / place).read_text() == text


def test_a_line_that_would_win_names_its_file(root: Path) -> None:
    COOKIES.apply()
    (root / "etc/sysctl.conf").write_text(f"{NAME}=2\n")
    assert value() == f"1 (until the next boot, then 2 from {root}/etc/sysctl.conf)"


def test_a_line_in_an_earlier_file_or_a_hidden_one_or_a_pattern_does_not_win(root: Path) -> None:
    COOKIES.apply()
    (root / "etc/sysctl.d/10-admin.conf").write_text(f"{NAME} = 0\n")
    (root / "etc/sysctl.d/99-zzz.conf").symlink_to("/dev/null")
    (root / "usr/lib/sysctl.d/99-zzz.conf").write_text(f"{NAME} = 0\n")
    (root / "etc/sysctl.d/99-zzzz.conf").write_text("net.ipv4.* = 0\n; net.ipv4.tcp_syncookies = 0\n")
    assert value() == "1"


def test_a_file_that_others_may_write_or_have_changed_is_drift(root: Path) -> None:
    COOKIES.apply()
    own(root).chmod(0o666)
    assert value() == f"1 (from {own(root)})"
    COOKIES.apply()
    own(root).write_text(f"{NAME} = 1\n")
    assert value() == f"1 (from {own(root)})"


def test_a_deleted_file_is_drift_though_another_one_has_the_value(root: Path) -> None:
    COOKIES.apply()
    own(root).unlink()
    (root / "etc/sysctl.d/10-admin.conf").write_text(f"{NAME} = 1\n")
    assert value() == f"1 (from {root}/etc/sysctl.d/10-admin.conf)"


def test_removal_brings_back_the_value_from_before_all_changes(root: Path) -> None:
    COOKIES.apply()
    Sysctl(name=NAME, value="2").apply()
    COOKIES.remove()
    COOKIES.remove()
    assert now(root).read_text() == "0\n"
    assert not own(root).exists()


def test_a_setting_that_only_a_boot_can_bring_back_is_removed_with_a_warning(
    root: Path, request: pytest.FixtureRequest, request_sent: list[dict[str, Any]]
) -> None:
    COOKIES.apply()
    request.getfixturevalue("refusing")
    COOKIES.remove()
    assert not own(root).exists()
    reason = f"the kernel of server.test does not take this value of {NAME}: Invalid argument"
    assert [message["warning"] for message in request_sent] == [f"{reason}; it changes back with the next boot"]


def test_words_are_compared_whatever_blanks_are_between_them(root: Path) -> None:
    (root / "proc/kernel").mkdir()
    (root / "proc/kernel/printk").write_text("4\t4\t1\t7\n")
    printk = Sysctl(name="kernel.printk", value="4  4 1 7")
    printk.apply()
    assert value(printk) == "4  4 1 7"
    assert (root / "proc/kernel/printk").read_text() == "4\t4\t1\t7\n"


def test_a_setting_that_the_kernel_does_not_know_is_one_error_and_leaves_nothing(root: Path) -> None:
    unknown = Sysctl(name="net.ipv4.tcp_cookie", value="1")
    assert unknown.read() is None
    with pytest.raises(AgentError, match=r"server\.test knows no setting net\.ipv4\.tcp_cookie: .*value: null"):
        unknown.apply()
    unknown.remove()
    assert list((root / "etc/sysctl.d").iterdir()) == []


@pytest.mark.usefixtures("refusing")
def test_a_value_that_the_kernel_refuses_is_an_error_and_leaves_nothing(root: Path) -> None:
    with pytest.raises(AgentError, match=rf"does not take this value of {NAME}: Invalid argument"):
        COOKIES.apply()
    assert not own(root).exists()


def test_an_interface_with_a_slash_in_its_path_is_named_with_dots(root: Path) -> None:
    assert file_of("net.ipv4.conf.eth0/1.rp_filter") == root / "proc/net/ipv4/conf/eth0.1/rp_filter"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("tcp_syncookies", "1"), ("net.ipv4.*", "1"), ("net/ipv4/x", "1"), ("-net.x", "1"), (NAME, ""), (NAME, "1\n0")],
)
def test_what_is_no_setting_is_a_mistake(name: str, wanted: str) -> None:
    assert list(Sysctl(name=name, value=wanted).mistakes())


def test_a_setting_is_no_mistake() -> None:
    assert not list(Sysctl(name="net.ipv6.conf.eth0.accept_ra", value="0").mistakes())
