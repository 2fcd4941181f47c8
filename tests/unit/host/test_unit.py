"""systemd units, by a systemctl that shows what it is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent.kind import AgentError
from infra.host.agent.unit import Unit
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
NAME = "app.service"


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
    assert Unit(name=NAME).read() == {"enabled": False, "active": False, "restart_on": {}}
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


def test_a_masked_unit_is_an_error(systemctl: Callable[..., Path]) -> None:
    systemctl(load="masked")
    with pytest.raises(AgentError, match=r"app\.service is masked on server\.test"):
        Unit(name=NAME).apply()


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
