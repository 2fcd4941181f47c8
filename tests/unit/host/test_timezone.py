"""The time zone of the server, in files below a folder."""

from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.timezone import Timezone
from tests.unit.host.conftest import changes_of

BERLIN = Timezone(zone="Europe/Berlin")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a server on Etc/UTC that knows one more zone."""
    for name, path in (("LOCALTIME", "etc/localtime"), ("TIMEZONE", "etc/timezone"), ("ZONES", "zones")):
        monkeypatch.setattr(places, name, tmp_path / path)
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    for zone in ("Etc/UTC", "Europe/Berlin"):
        (tmp_path / "zones" / zone).parent.mkdir(parents=True)
        (tmp_path / "zones" / zone).write_bytes(b"TZif2")
    (tmp_path / "zones/UTC").symlink_to("Etc/UTC")
    (tmp_path / "zones/zone.tab").write_text("# no zone")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/localtime").symlink_to(tmp_path / "zones/Etc/UTC")
    (tmp_path / "etc/timezone").write_text("Etc/UTC\n")
    return tmp_path


def zone() -> Any:
    return (BERLIN.read() or {})["zone"]


def test_a_zone_is_set_by_link_and_file(root: Path) -> None:
    assert zone() == "Etc/UTC"
    BERLIN.apply()
    assert zone() == "Europe/Berlin"
    assert (root / "etc/localtime").readlink() == root / "zones/Europe/Berlin"
    assert (root / "etc/timezone").read_text() == "Europe/Berlin\n"
    assert sorted(path.name for path in (root / "etc").iterdir()) == ["localtime", "timezone"]


def test_a_zone_that_is_set_is_left_alone(root: Path) -> None:
    BERLIN.apply()
    before = (changes_of(root / "etc/localtime"), changes_of(root / "etc/timezone"))
    BERLIN.apply()
    assert (changes_of(root / "etc/localtime"), changes_of(root / "etc/timezone")) == before


def test_a_relative_link_is_understood_and_one_between_zones_is_not_followed(root: Path) -> None:
    (root / "etc/localtime").unlink()
    (root / "etc/localtime").symlink_to("../zones/UTC")
    (root / "etc/timezone").write_text("UTC\n")
    assert zone() == "UTC"


def test_files_that_differ_are_drift_and_healed(root: Path) -> None:
    BERLIN.apply()
    (root / "etc/timezone").write_text("Asia/Tokyo\n")
    assert zone() == f"Europe/Berlin ({root}/etc/timezone: Asia/Tokyo)"
    (root / "etc/timezone").unlink()
    assert zone() == f"Europe/Berlin ({root}/etc/timezone: nothing)"
    BERLIN.apply()
    assert zone() == "Europe/Berlin"


def test_a_copy_or_a_link_elsewhere_is_drift_and_healed(root: Path) -> None:
    (root / "etc/localtime").unlink()
    (root / "etc/localtime").write_bytes(b"TZif2")
    assert zone().startswith("<not a link>")
    (root / "etc/localtime").unlink()
    (root / "etc/localtime").symlink_to("/elsewhere")
    assert zone().startswith("<a link to /elsewhere>")
    BERLIN.apply()
    assert zone() == "Europe/Berlin"


def test_a_server_without_a_link_is_on_utc(root: Path) -> None:
    (root / "etc/localtime").unlink()
    assert zone().startswith("UTC (")
    BERLIN.apply()
    assert zone() == "Europe/Berlin"


@pytest.mark.parametrize("name", ["Europe/Nowhere", "Europe", "zone.tab"])
def test_a_zone_that_the_server_does_not_know_is_an_error_and_changes_nothing(name: str) -> None:
    with pytest.raises(AgentError, match=rf"server\.test knows no time zone {name}"):
        Timezone(zone=name).apply()
    assert zone() == "Etc/UTC"


def test_removal_brings_back_the_zone_from_before_all_changes() -> None:
    BERLIN.apply()
    Timezone(zone="UTC").apply()
    BERLIN.remove()
    assert zone() == "Etc/UTC"
    Timezone(zone="UTC").apply()
    BERLIN.remove()
    BERLIN.remove()
    assert zone() == "Etc/UTC"


def test_the_zone_from_before_is_that_of_the_latest_taking_over(root: Path) -> None:
    BERLIN.apply()
    BERLIN.remove()
    (root / "etc/localtime").unlink()
    (root / "etc/localtime").symlink_to(root / "zones/UTC")
    BERLIN.apply()
    BERLIN.remove()
    assert zone() == "UTC"


def test_a_server_has_one_zone_whatever_it_is() -> None:
    assert BERLIN.identity() == Timezone(zone="UTC").identity() != ""


@pytest.mark.parametrize("name", ["", "../etc/shadow", "/etc/shadow", "Europe/", "Europe Berlin"])
def test_what_is_no_zone_is_a_mistake(name: str) -> None:
    assert list(Timezone(zone=name).mistakes())


@pytest.mark.parametrize("name", ["UTC", "Etc/GMT+12", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"])
def test_a_zone_is_no_mistake(name: str) -> None:
    assert not list(Timezone(zone=name).mistakes())
