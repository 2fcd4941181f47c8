"""The floor that an audit must not fall below."""

import json
from pathlib import Path

import pytest

from infra.audit.floor import FloorError, ServerFloor, below, read_floor
from infra.audit.report import LynisReport, ServerReport, SshReport

FULL = ServerFloor(lynis_index=85, lynis_warnings=0, ssh_policy="passed")


def measured(index: int = 86, warnings: tuple[str, ...] = (), *, passed: bool = True) -> ServerReport:
    """Return a report in which everything was measured."""
    errors = () if passed else ("Ciphers",)
    return ServerReport(
        host="192.0.2.1",
        lynis=LynisReport(version="3.1.4", index=index, warnings=warnings),
        ssh=SshReport(policy="Hardened Debian 13 (version 1)", passed=passed, errors=errors),
    )


@pytest.mark.parametrize("index", [85, 86])
def test_what_reaches_the_floor_is_no_finding(index: int) -> None:
    assert list(below("main", measured(index), FULL)) == []


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (measured(84), "is 84, below the floor of 85"),
        (measured(warnings=("PKGS-7388 no security repository",)), "1 warnings, above the floor of 0: PKGS-7388"),
        (measured(passed=False), "is broken: Ciphers"),
    ],
)
def test_what_is_below_the_floor_is_worse(report: ServerReport, text: str) -> None:
    (finding,) = below("main", report, FULL)
    assert (finding.server, finding.kind) == ("main", "worse")
    assert text in finding.text


def test_what_was_not_measured_is_never_above_the_floor() -> None:
    found = list(below("main", ServerReport(host="192.0.2.1"), FULL))
    assert [finding.kind for finding in found] == ["unknown", "unknown"]
    assert list(below("main", ServerReport(host="192.0.2.1"), ServerFloor())) == []


def test_a_floor_is_read_by_stack_and_server(tmp_path: Path) -> None:
    path = tmp_path / "floor.json"
    path.write_text(json.dumps({"dev": {"main": {"lynis_index": 85}}}), encoding="utf-8")
    assert read_floor(path, "dev") == {"main": ServerFloor(lynis_index=85)}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "Invalid JSON"),
        ('{"dev": {"main": {"lynis_inedx": 85}}}', "dev.main.lynis_inedx: Extra inputs"),
        ('{"dev": {"main": {"lynis_index": 101}}}', "dev.main.lynis_index"),
        ('{"dev": {"main": {"ssh_policy": "failed"}}}', "dev.main.ssh_policy"),
        ('{"prod": {}}', "says nothing of the stack dev"),
    ],
)
def test_a_floor_with_mistakes_is_refused(tmp_path: Path, content: str, text: str) -> None:
    path = tmp_path / "floor.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FloorError) as refusal:
        read_floor(path, "dev")
    assert text in str(refusal.value)


def test_a_missing_floor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FloorError, match="cannot be read: No such file"):
        read_floor(tmp_path / "floor.json", "dev")
