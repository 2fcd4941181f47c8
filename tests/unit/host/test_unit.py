"""systemd units, by a systemctl that shows what it is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.unit import Unit
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
NAME = "app.service"
MASKED = Unit(name=NAME, enabled=False, active=False, masked=True)


@pytest.fixture(autouse=True)
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the units that are not from a package."""
    monkeypatch.setattr(places, "FORMER", tmp_path / "former")
    monkeypatch.setattr(places, "UNITS", tmp_path / "units")
    return tmp_path / "units"


@pytest.fixture
def systemctl(command: Command) -> Callable[..., Path]:
    """Return a function that says what systemd knows about the unit."""

    def show(active: str = "active", enabled: str = "enabled", load: str = "loaded", *, reload: str = "no") -> Path:
        started = int((time.clock_gettime(time.CLOCK_MONOTONIC) - 60) * 1_000_000)
        shown = f"LoadState={load}\\nActiveState={active}\\nUnitFileState={enabled}\\nNeedDaemonReload={reload}"
        known = f'printf "{shown}\\nInactiveExitTimestampMonotonic={started}\\n"'
        return command("systemctl", f'case "$1" in show) {known};; esac')

    return show


def changes(log: Path) -> list[str]:
    return [line for line in lines(log) if not line.startswith("show")]


def test_a_unit_that_systemd_does_not_know_is_nothing(systemctl: Callable[..., Path]) -> None:
    systemctl(load="not-found")
    assert Unit(name=NAME).read() is None


def test_a_unit_that_is_as_wanted_is_left_alone(systemctl: Callable[..., Path]) -> None:
    log = systemctl()
    Unit(name=NAME).apply()
    assert changes(log) == []


def test_a_stopped_and_disabled_unit_is_enabled_and_started(systemctl: Callable[..., Path]) -> None:
    log = systemctl(active="inactive", enabled="disabled")
    assert Unit(name=NAME).read() == {
        "enabled": False,
        "active": False,
        "restart_on": {},
        "masked": False,
    }
    Unit(name=NAME).apply()
    assert changes(log) == [f"enable {NAME}", f"start {NAME}"]


def test_a_unit_that_can_not_be_enabled_counts_as_wanted(systemctl: Callable[..., Path]) -> None:
    systemctl(enabled="static")
    assert (Unit(name=NAME).read() or {})["enabled"] is True


def test_a_file_newer_than_the_start_restarts_the_unit(systemctl: Callable[..., Path], tmp_path: Path) -> None:
    log = systemctl()
    (tmp_path / "settings").touch()
    unit = Unit(name=NAME, restart_on={str(tmp_path / "settings"): "sum"})
    assert (unit.read() or {})["restart_on"] == {str(tmp_path / "settings"): "<newer than the unit's start>"}
    unit.apply()
    assert changes(log) == [f"restart {NAME}"]


def test_a_file_older_than_the_start_restarts_nothing(systemctl: Callable[..., Path], tmp_path: Path) -> None:
    log = systemctl()
    (tmp_path / "settings").touch()
    os.utime(tmp_path / "settings", (1, 1))
    unit = Unit(name=NAME, restart_on={str(tmp_path / "settings"): "sum"})
    assert (unit.read() or {})["restart_on"] == unit.restart_on
    unit.apply()
    assert changes(log) == []


def test_a_changed_unit_file_is_loaded_first(systemctl: Callable[..., Path]) -> None:
    log = systemctl(active="inactive", reload="yes")
    Unit(name=NAME).apply()
    assert changes(log) == ["daemon-reload", f"start {NAME}"]


@pytest.mark.parametrize(("state", "option"), [("masked", ""), ("masked-runtime", "--runtime ")])
def test_a_masked_unit_is_drift_and_unmasked(command: Command, tmp_path: Path, state: str, option: str) -> None:
    shown = tmp_path / "shown"
    shown.write_text(f"LoadState=masked\nActiveState=inactive\nUnitFileState={state}\n")
    free = "printf 'LoadState=loaded\\nActiveState=inactive\\nUnitFileState=disabled\\n'"
    log = command("systemctl", f'case "$1" in show) cat {shown};; unmask) {free} > {shown};; esac')
    assert (Unit(name=NAME).read() or {})["masked"] is True
    Unit(name=NAME).apply()
    assert changes(log) == [f"unmask {option}{NAME}", f"enable {NAME}", f"start {NAME}"]


def test_a_unit_that_cannot_be_loaded_is_an_error(systemctl: Callable[..., Path]) -> None:
    systemctl(load="bad-setting")
    with pytest.raises(AgentError, match=r"app\.service is bad-setting on server\.test"):
        Unit(name=NAME).apply()


def test_a_unit_is_masked_where_that_is_wanted(systemctl: Callable[..., Path]) -> None:
    log = systemctl()
    assert (MASKED.read() or {})["masked"] is False
    MASKED.apply()
    assert changes(log) == [f"stop {NAME}", f"mask {NAME}"]


def test_a_unit_that_is_masked_as_wanted_is_left_alone_and_unmasked_by_removal(systemctl: Callable[..., Path]) -> None:
    log = systemctl(active="inactive", enabled="masked", load="masked")
    assert MASKED.read() == {"enabled": False, "active": False, "restart_on": {}, "masked": True}
    MASKED.apply()
    assert changes(log) == []
    MASKED.remove()
    assert changes(log) == [f"unmask {NAME}"]


def a_drop_in(units: Path, name: str, *, of: float = 0) -> Path:
    path = units / f"{NAME}.d" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[Service]\nUser=nobody\n")
    os.utime(path, (time.time() + of, time.time() + of))
    return path


def shown_drop_ins(found: dict[str, Any] | None) -> list[str]:
    return [Path(path).name for path, mark in (found or {})["restart_on"].items() if mark == "<not declared>"]


def test_a_drop_in_that_others_add_is_drift_and_put_aside(
    systemctl: Callable[..., Path], units: Path, request_sent: list[dict[str, Any]]
) -> None:
    log = systemctl()
    Unit(name=NAME).apply()
    ours, others = a_drop_in(units, "slipway.conf"), a_drop_in(units, "override.conf")
    assert shown_drop_ins(Unit(name=NAME).read()) == ["override.conf"]
    Unit(name=NAME).apply()
    assert not others.exists()
    assert ours.exists()
    aside = others.with_name("override.conf.aside")
    assert aside.read_text() == "[Service]\nUser=nobody\n"
    assert str(aside) in request_sent[-1]["warning"]
    assert changes(log) == ["daemon-reload"]
    assert shown_drop_ins(Unit(name=NAME).read()) == []


def test_what_was_put_aside_is_never_overwritten(systemctl: Callable[..., Path], units: Path) -> None:
    systemctl()
    Unit(name=NAME).apply()
    for _ in range(3):
        a_drop_in(units, "override.conf")
        Unit(name=NAME).apply()
    assert sorted(path.name for path in (units / f"{NAME}.d").iterdir()) == [
        "override.conf.aside",
        "override.conf.aside1",
        "override.conf.aside2",
    ]


def test_a_unit_that_runs_with_a_drop_in_that_others_added_is_restarted_without_it(
    systemctl: Callable[..., Path], units: Path
) -> None:
    log = systemctl()
    Unit(name=NAME).apply()
    a_drop_in(units, "override.conf", of=-3600)
    Unit(name=NAME).apply()
    assert changes(log) == ["daemon-reload", f"restart {NAME}"]


def test_a_drop_in_from_before_us_stays_and_is_told(
    systemctl: Callable[..., Path], units: Path, request_sent: list[dict[str, Any]]
) -> None:
    log = systemctl()
    proxy = a_drop_in(units, "http-proxy.conf", of=-3600)
    unit = Unit(name=NAME)
    assert shown_drop_ins(unit.preview()) == []
    unit.apply()
    assert request_sent == [{"id": 1, "warning": f"http-proxy.conf of {NAME} on server.test stays as it is"}]
    assert shown_drop_ins(unit.read()) == []
    unit.apply()
    assert proxy.exists()
    assert changes(log) == []
    other = a_drop_in(units, "other.conf")
    assert shown_drop_ins(unit.read()) == ["other.conf"]
    unit.apply()
    assert (proxy.exists(), other.exists()) == (True, False)


def test_a_unit_that_does_not_start_is_told_with_its_journal(command: Command) -> None:
    shown = "LoadState=loaded\\nActiveState=failed\\nUnitFileState=enabled\\n"
    command("systemctl", f'case "$1" in show) printf "{shown}";; start) echo "Job failed." >&2; exit 1;; esac')
    command("journalctl", "echo 'bind: address already in use'")
    with pytest.raises(AgentError, match=r"did not start: Job failed\.\nbind: address already in use"):
        Unit(name=NAME).apply()


def test_removing_a_unit_stops_and_disables_it(systemctl: Callable[..., Path]) -> None:
    log = systemctl()
    Unit(name=NAME).remove()
    assert changes(log) == [f"stop {NAME}", f"disable {NAME}"]


def test_a_name_without_a_type_is_a_mistake() -> None:
    assert list(Unit(name="docker").mistakes())


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("masked", Unit(name=NAME, masked=True)),
        ("masked", Unit(name=NAME, masked=True, enabled=False)),
        ("restart_on", Unit(name=NAME, restart_on={"a": "sum"})),
    ],
)
def test_what_no_unit_can_be_is_a_mistake(field: str, unit: Unit) -> None:
    assert [name for name, _ in unit.mistakes()] == [field]


def test_a_masked_unit_is_no_mistake() -> None:
    assert not list(MASKED.mistakes())
