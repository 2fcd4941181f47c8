"""The name of the server, by a kernel that is a file."""

from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.hostname import Hostname
from tests.unit.host.conftest import changes_of

MAIN = Hostname(name="main.example.com")
HOSTS = "127.0.0.1\tlocalhost\n127.0.1.1\tdebian.provider debian\n\n# IPv6\n::1 localhost ip6-localhost\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a server as a provider names it."""
    monkeypatch.setattr(places, "PROC_SYS", tmp_path)
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    for name in ("HOSTNAME", "HOSTS"):
        monkeypatch.setattr(places, name, tmp_path / name.lower())
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/hostname").write_text("debian\n")
    (tmp_path / "hostname").write_text("# named by the provider\ndebian\n")
    (tmp_path / "hosts").write_text(HOSTS)
    return tmp_path


def name() -> Any:
    return (MAIN.read() or {})["name"]


def test_a_name_is_given_now_and_for_the_next_boot_and_has_an_address(root: Path) -> None:
    assert name() == "debian"
    MAIN.apply()
    assert name() == "main.example.com"
    assert (root / "kernel/hostname").read_text() == (root / "hostname").read_text() == "main.example.com\n"
    assert (root / "hosts").read_text() == HOSTS.replace("debian.provider debian", "main.example.com main")


def test_a_name_that_is_given_is_left_alone(root: Path) -> None:
    MAIN.apply()
    before = [changes_of(root / file) for file in ("kernel/hostname", "hostname", "hosts")]
    MAIN.apply()
    assert [changes_of(root / file) for file in ("kernel/hostname", "hostname", "hosts")] == before


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("kernel/hostname", "other\n", "other (until the next boot, then main.example.com)"),
        ("hostname", "other\n", "main.example.com (until the next boot, then other)"),
        ("hostname", "", "main.example.com (until the next boot, then none)"),
        ("hosts", "127.0.0.1 localhost # main.example.com\n", "main.example.com (not in {root}/hosts)"),
    ],
)
def test_each_place_that_differs_is_drift_and_healed(root: Path, file: str, content: str, told: str) -> None:
    MAIN.apply()
    (root / file).write_text(content)
    assert name() == told.format(root=root)
    MAIN.apply()
    assert name() == "main.example.com"


def test_a_name_that_has_an_address_already_keeps_it(root: Path) -> None:
    hosts = "203.0.113.5 main.example.com\n127.0.0.1 localhost\n"
    (root / "hosts").write_text(hosts)
    MAIN.apply()
    assert (root / "hosts").read_text() == hosts


def test_the_address_comes_behind_that_of_localhost_where_there_was_none(root: Path) -> None:
    (root / "hosts").write_text("# comment\n127.0.0.1 localhost\n::1 ip6-localhost\n")
    Hostname(name="main").apply()
    assert (root / "hosts").read_text() == "# comment\n127.0.0.1 localhost\n127.0.1.1\tmain\n::1 ip6-localhost\n"


def test_removal_brings_back_the_name_from_before_all_changes() -> None:
    MAIN.apply()
    Hostname(name="second").apply()
    MAIN.remove()
    assert name() == "debian"
    MAIN.remove()
    assert name() == "debian"


def test_the_name_from_before_is_that_of_the_latest_taking_over(root: Path) -> None:
    MAIN.apply()
    MAIN.remove()
    (root / "hostname").write_text("by-hand\n")
    MAIN.apply()
    MAIN.remove()
    assert name() == "by-hand"


@pytest.mark.parametrize("wanted", ["", "Main", "a_b", "-a", "a-", "a..b", "a.", "x" * 65, "a\n"])
def test_what_is_no_name_is_a_mistake(wanted: str) -> None:
    assert list(Hostname(name=wanted).mistakes())


@pytest.mark.parametrize("wanted", ["a", "main-1", "main.example.com", "x" * 63])
def test_a_name_is_no_mistake(wanted: str) -> None:
    assert not list(Hostname(name=wanted).mistakes())
