"""Jobs of products, by a systemctl that remembers what it is told."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.host.agent import job, places
from infra.host.agent.job import Job
from infra.host.agent.kind import AgentError
from infra.host.agent.ready import Ready
from infra.host.agent.request import Request
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

Command = Callable[..., Path]
WANTED: dict[str, Any] = {
    "name": "dev-shop-web-report",
    "description": "Job report of web (dev-shop)",
    "calendar": "Mon..Fri 09:30",
    "container": "dev-shop-web-job-report-r1",
    "runner": "/usr/local/lib/slipway/run-job",
    "timeout": 600,
    "grace": 20,
}
REPORT = Job.from_wire(WANTED)


class Systemd:
    """The units' folder and what systemd says of timer and service."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.units, self.state = folder / "units", folder / "state"
        self.units.mkdir()
        self.says()
        service = (
            f'. {self.state}; printf "LoadState=loaded\\nActiveState=$work\\nInactiveExitTimestampMonotonic=$at\\n"'
        )
        timer = f'. {self.state}; printf "LoadState=loaded\\nActiveState=$timer\\nUnitFileState=$enabled\\n"'
        change = f"sed -i s/^{{0}}=.*/{{0}}={{1}}/ {self.state}"
        self.log = command(
            "systemctl",
            f'case "$*" in show*.service) {service};; show*) {timer};; '
            f"enable*) {change.format('enabled', 'enabled')};; start*) {change.format('timer', 'active')};; esac",
        )
        command("systemd-analyze")

    def says(self, timer: str = "inactive", enabled: str = "disabled", work: str = "inactive", at: int = 0) -> None:
        """Set what it says."""
        temporary = self.state.with_suffix(".new")
        temporary.write_text(f"timer={timer}\nenabled={enabled}\nwork={work}\nat={at}\n")
        temporary.replace(self.state)

    def changes(self) -> list[str]:
        """Return what it was told to change."""
        return [line for line in lines(self.log) if not line.startswith("show")]


@pytest.fixture(autouse=True)
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Systemd:
    monkeypatch.setattr(places, "UNITS", tmp_path / "units")
    monkeypatch.setattr(job, "_POLL_SECONDS", 0.01)
    return Systemd(tmp_path, command)


def test_a_job_is_two_units_with_the_name_of_its_product(systemd: Systemd) -> None:
    assert REPORT.read() is None
    REPORT.apply()
    assert REPORT.read() == {}
    assert systemd.changes() == [
        "daemon-reload",
        "enable dev-shop-web-report.timer",
        "start dev-shop-web-report.timer",
    ]
    assert sorted(path.name for path in systemd.units.iterdir()) == [
        "dev-shop-web-report.service",
        "dev-shop-web-report.timer",
    ]


def test_the_units_say_what_starts_when_and_for_how_long(systemd: Systemd) -> None:
    REPORT.apply()
    service = (systemd.units / "dev-shop-web-report.service").read_text()
    timer = (systemd.units / "dev-shop-web-report.timer").read_text()
    words = "/usr/local/lib/slipway/run-job dev-shop-web-job-report-r1 /var/lib/slipway/jobs/dev-shop-web-report.jsonl"
    assert f"\nExecStart=/usr/bin/python3 -I -B {words} 600 20\n" in service
    assert "\nType=oneshot\n" in service
    assert "\nKillMode=mixed\nTimeoutStartSec=650\nTimeoutStopSec=50\n" in service
    assert "[Timer]\nOnCalendar=Mon..Fri 09:30\nAccuracySec=1s\nPersistent=no\n" in timer


def test_a_job_that_is_as_wanted_is_left_alone(systemd: Systemd) -> None:
    REPORT.apply()
    before = systemd.changes()
    systemd.says(timer="active", enabled="enabled", work="activating", at=7)
    REPORT.apply()
    assert systemd.changes() == before


@pytest.mark.parametrize(
    ("unit", "old", "new", "told"),
    [
        ("timer", "OnCalendar=Mon..Fri", "OnCalendar=Mon", {"calendar": "Mon 09:30"}),
        ("service", "# container=dev-shop-web-job-report-r1", "# container=x", {"container": "x"}),
        ("service", "Description=Job", "Description=Work", {"description": "Work report of web (dev-shop)"}),
    ],
)
def test_a_changed_line_is_drift_and_healed(
    systemd: Systemd, unit: str, old: str, new: str, told: dict[str, str]
) -> None:
    REPORT.apply()
    path = systemd.units / f"dev-shop-web-report.{unit}"
    path.write_text(path.read_text().replace(old, new))
    assert REPORT.read() == told
    REPORT.apply()
    assert REPORT.read() == {}


def test_a_timer_that_somebody_stopped_is_drift(systemd: Systemd) -> None:
    REPORT.apply()
    systemd.says(enabled="enabled")
    assert REPORT.read() == {"calendar": "Mon..Fri 09:30 (stopped)"}


def test_a_run_at_work_is_waited_for_once_the_units_name_the_new_container(
    systemd: Systemd, request_handled: Request
) -> None:
    REPORT.apply()
    systemd.says(timer="active", enabled="enabled", work="activating", at=7)
    seen: list[str] = []
    told: list[str] = []
    unit = systemd.units / "dev-shop-web-report.service"

    def end() -> None:
        line = unit.read_text().partition("\n")[0]
        # Long enough for a return that does not wait.
        time.sleep(0.1)
        seen.append(line)
        systemd.says(timer="active", enabled="enabled", work="activating", at=8)

    alarm = Thread(target=end, daemon=True)

    def tell(message: dict[str, Any]) -> None:
        told.append(message["status"])
        alarm.start()

    request_handled.send = tell
    Job.from_wire(WANTED | {"container": "dev-shop-web-job-report-r2"}).apply()
    assert seen == ["# container=dev-shop-web-job-report-r2"], "it must not return before the run has ended"
    alarm.join()
    assert told == ["waiting for the run of dev-shop-web-report that is at work"]


def test_a_time_that_systemd_does_not_know_is_an_error_before_anything_is_written(
    systemd: Systemd, command: Command
) -> None:
    command("systemd-analyze", "echo 'Failed to parse' >&2; exit 1")
    with pytest.raises(AgentError, match=r"server\.test knows no calendar `Mon\.\.Fri 09:30`"):
        REPORT.apply()
    assert systemd.changes() == []
    assert list(systemd.units.iterdir()) == []


def test_removal_ends_what_is_at_work_and_leaves_no_unit(systemd: Systemd) -> None:
    REPORT.apply()
    REPORT.remove()
    REPORT.remove()
    assert systemd.changes()[3:] == [
        "disable --now dev-shop-web-report.timer",
        "stop dev-shop-web-report.service",
        "daemon-reload",
        "reset-failed dev-shop-web-report.service",
    ]
    assert list(systemd.units.iterdir()) == []


def test_the_container_that_a_timer_starts_is_kept(systemd: Systemd, docker_engine: DockerEngine, routes: Path) -> None:
    assert list(routes.glob("*.yaml")) == []
    gate = Ready(container=REPORT.container, condition="prepared")
    docker_engine.container(REPORT.container, {"Status": "created", "Running": False})
    gate.apply()
    REPORT.apply()
    with pytest.raises(AgentError, match="report-r1 is kept: it still serves dev-shop-web-report"):
        gate.remove()
    Job.from_wire(WANTED | {"container": "dev-shop-web-job-report-r2"}).apply()
    gate.remove()
    assert systemd.changes()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a.b"),
        ("description", "a\nb"),
        ("calendar", " "),
        ("container", ""),
        ("runner", "run-job"),
        ("timeout", 0),
        ("grace", 0),
    ],
)
def test_what_cannot_stand_in_a_unit_is_a_mistake(field: str, value: Any) -> None:
    assert [found for found, _ in Job.from_wire(WANTED | {field: value}).mistakes()] == [field]
    assert not list(REPORT.mistakes())
