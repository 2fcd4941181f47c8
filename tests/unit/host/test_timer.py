"""Timers, by a systemctl that remembers what it is told."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import places, timer_units
from infra.host.agent.kind import AgentError
from infra.host.agent.timer import Timer
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
WANTED: dict[str, Any] = {
    "name": "prune",
    "description": "Remove images (100%)",
    "calendar": "Sun *-*-* 04:00",
    "command": ["/usr/bin/docker", "image", "prune", "--filter", "until=240h"],
    "randomizedDelay": 600,
}
PRUNE = Timer.from_wire(WANTED)


class Systemd:
    """The units' folder and what systemd says of the timer."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.units, self.state = folder / "units", folder / "state"
        self.units.mkdir()
        self.says(enabled="disabled", active="inactive")
        known = f'. {self.state}; printf "LoadState=loaded\\nActiveState=$active\\nUnitFileState=$enabled\\n"'
        change = f"sed -i s/^{{0}}=.*/{{0}}={{1}}/ {self.state}"
        self.log = command(
            "systemctl",
            f'case "$1" in show) {known};; enable) {change.format("enabled", "enabled")};; '
            f"start) {change.format('active', 'active')};; esac",
        )
        self.calendar = command("systemd-analyze")

    def says(self, enabled: str = "enabled", active: str = "active") -> None:
        """Set what it says."""
        self.state.write_text(f"enabled={enabled}\nactive={active}\n")

    def changes(self) -> list[str]:
        """Return what it was told to change."""
        return [line for line in lines(self.log) if not line.startswith("show")]


@pytest.fixture(autouse=True)
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Systemd:
    monkeypatch.setattr(places, "UNITS", tmp_path / "units")
    return Systemd(tmp_path, command)


def test_a_timer_is_written_enabled_and_started(systemd: Systemd) -> None:
    assert PRUNE.read() is None
    PRUNE.apply()
    assert PRUNE.read() == {}
    assert systemd.changes() == ["daemon-reload", "enable slipway-prune.timer", "start slipway-prune.timer"]
    assert lines(systemd.calendar) == ["calendar -- Sun *-*-* 04:00"]


def test_the_units_say_when_and_what_runs_in_a_sandbox(systemd: Systemd) -> None:
    PRUNE.apply()
    timer = (systemd.units / "slipway-prune.timer").read_text()
    service = (systemd.units / "slipway-prune.service").read_text()
    assert "OnCalendar=Sun *-*-* 04:00\nRandomizedDelaySec=600\nPersistent=yes\n" in timer
    assert "WantedBy=timers.target\n" in timer
    assert "Description=Remove images (100%%)\n" in service
    assert "ExecStart=/usr/bin/docker image prune --filter until=240h\n" in service
    for setting in ("NoNewPrivileges=yes", "ProtectSystem=full", "PrivateTmp=yes", "ProtectKernelModules=yes"):
        assert f"\n{setting}\n" in service


def test_a_timer_that_is_as_wanted_is_left_alone(systemd: Systemd) -> None:
    PRUNE.apply()
    before = systemd.changes()
    PRUNE.apply()
    assert systemd.changes() == before


@pytest.mark.parametrize(
    ("unit", "old", "new", "told"),
    [
        ("timer", "OnCalendar=Sun", "OnCalendar=Mon", {"calendar": "Mon *-*-* 04:00"}),
        ("timer", "Persistent=yes", "Persistent=no", {"persistent": "no"}),
        ("timer", "RandomizedDelaySec=600\n", "", {"randomized_delay": "<none>"}),
        ("timer", "OnCalendar=", "OnCalendar=hourly\nOnCalendar=", {"calendar": "hourly, then Sun *-*-* 04:00"}),
        ("service", "/usr/bin/docker", "/tmp/docker", {"command": "/tmp/docker image prune --filter until=240h"}),
        ("service", "Remove", "Keep", {"description": "Keep images (100%%)"}),
    ],
)
def test_a_changed_line_is_drift_of_its_field_and_healed(
    systemd: Systemd, unit: str, old: str, new: str, told: dict[str, str]
) -> None:
    PRUNE.apply()
    path = systemd.units / f"slipway-prune.{unit}"
    right = path.read_text()
    path.write_text(right.replace(old, new))
    assert PRUNE.read() == told
    PRUNE.apply()
    assert path.read_text() == right
    assert PRUNE.read() == {}


def test_a_line_that_is_no_field_is_drift_too(systemd: Systemd) -> None:
    PRUNE.apply()
    path = systemd.units / "slipway-prune.service"
    path.write_text(path.read_text().replace("ProtectSystem=full\n", ""))
    assert (PRUNE.read() or {})["command"].startswith("<differs on the server: sha256 ")


def test_drift_is_still_there_after_a_refresh_that_was_no_more(systemd: Systemd) -> None:
    PRUNE.apply()
    path = systemd.units / "slipway-prune.timer"
    path.write_text(path.read_text() + "Unit=other.service\n")
    found = PRUNE.read() or {}
    assert found["calendar"].startswith("<differs on the server: sha256 ")
    assert Timer.from_wire(WANTED | found).read() == found
    PRUNE.apply()
    path.chmod(0o666)
    found = PRUNE.read() or {}
    assert Timer.from_wire(WANTED | found).read() != {}
    assert (Timer.from_wire(WANTED | found).read() or {})["calendar"] != WANTED["calendar"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"enabled": "disabled"}, "disabled"),
        ({"active": "inactive"}, "stopped"),
        ({"enabled": "", "active": "failed"}, "not enabled, stopped"),
    ],
)
def test_a_timer_that_does_not_run_is_drift_of_its_calendar_and_healed(
    systemd: Systemd, state: dict[str, str], told: str
) -> None:
    PRUNE.apply()
    systemd.says(**state)
    assert PRUNE.read() == {"calendar": f"Sun *-*-* 04:00 ({told})"}
    PRUNE.apply()
    assert PRUNE.read() == {}


def test_a_masked_timer_is_written_anew(systemd: Systemd) -> None:
    PRUNE.apply()
    (systemd.units / "slipway-prune.timer").unlink()
    (systemd.units / "slipway-prune.timer").symlink_to("/dev/null")
    systemd.says(enabled="masked", active="inactive")
    assert (PRUNE.read() or {})["calendar"] == "<none> (masked, stopped)"
    PRUNE.apply()
    assert PRUNE.read() == {}


@pytest.mark.parametrize("unit", ["timer", "service"])
def test_a_drop_in_is_drift_and_put_aside(systemd: Systemd, unit: str) -> None:
    PRUNE.apply()
    folder = systemd.units / f"slipway-prune.{unit}.d"
    folder.mkdir()
    (folder / "override.conf").write_text("[Service]\nUser=nobody\n")
    assert (PRUNE.read() or {})["calendar"] == f"Sun *-*-* 04:00 (overridden by {folder}/override.conf)"
    PRUNE.apply()
    assert PRUNE.read() == {}
    assert [path.name for path in folder.iterdir()] == ["override.conf.aside"]
    assert systemd.changes()[3] == "daemon-reload"


def test_a_running_timer_is_restarted_only_when_its_own_unit_changes(systemd: Systemd) -> None:
    PRUNE.apply()
    Timer.from_wire(WANTED | {"command": ["/usr/bin/docker", "ps"]}).apply()
    assert not any("restart" in change for change in systemd.changes())
    Timer.from_wire(WANTED | {"calendar": "daily"}).apply()
    assert systemd.changes()[-1] == "restart slipway-prune.timer"


def test_a_calendar_that_systemd_does_not_know_is_an_error_before_anything_is_written(
    systemd: Systemd, command: Command
) -> None:
    command("systemd-analyze", "echo 'Failed to parse calendar specification' >&2; exit 1")
    with pytest.raises(AgentError, match=r"server\.test knows no calendar `Sun \*-\*-\* 04:00`: Failed to parse"):
        PRUNE.apply()
    assert list(systemd.units.iterdir()) == []
    assert systemd.changes() == []


def test_removal_stops_the_timer_and_deletes_both_units(systemd: Systemd) -> None:
    PRUNE.apply()
    PRUNE.remove()
    PRUNE.remove()
    assert systemd.changes()[3:] == [
        "disable --now slipway-prune.timer",
        "daemon-reload",
        "reset-failed slipway-prune.service",
    ]
    assert list(systemd.units.iterdir()) == []


def test_words_reach_the_program_as_they_are_given() -> None:
    words = ["/bin/sh", "-c", 'echo "$HOME" 100% \\ `x`\nexit', "", ";", "it's"]
    quoted = timer_units.quoted(words)
    assert "\n" not in quoted
    assert "$$HOME" in quoted
    assert "100%% " in quoted
    # What systemd does to a line: quotes, C escapes, then `%` and `$` doubled.
    halved = [word.replace("%%", "%").replace("$$", "$").replace("\\n", "\n") for word in shlex.split(quoted)]
    assert halved == words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a.b"),
        ("name", "-a"),
        ("description", "a\nb"),
        ("calendar", ""),
        ("command", []),
        ("command", ["docker"]),
        ("command", ["@/bin/sh"]),
        ("randomized_delay", -1),
    ],
)
def test_what_cannot_stand_in_a_unit_is_a_mistake(field: str, value: Any) -> None:
    name = {"randomized_delay": "randomizedDelay"}.get(field, field)
    assert [found for found, _ in Timer.from_wire(WANTED | {name: value}).mistakes()] == [field]


def test_a_timer_is_no_mistake() -> None:
    assert not list(PRUNE.mistakes())
