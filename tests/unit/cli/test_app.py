"""What all verbs share: help, exit codes, no tracebacks."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.app import app
from tests.unit.cli.conftest import Slipway

VERBS = (
    "doctor",
    "release",
    "pin",
    "unlock",
    "drift",
    "audit",
    "bans",
    "unban",
    "outdated",
    "up",
    "history",
    "rollback",
    "status",
    "logs",
    "backup",
    "backups",
    "restore",
)


@pytest.mark.parametrize("verb", VERBS)
def test_help_teaches_by_examples(slipway: Slipway, verb: str) -> None:
    result = slipway(verb, "--help")
    assert result.exit_code == 0
    assert f"slipway {verb} dev" in result.stdout


def test_help_lists_verbs_and_exit_codes(slipway: Slipway) -> None:
    result = slipway("--help")
    assert all(verb in result.stdout for verb in VERBS)
    assert "Exit codes" in result.stdout


def test_a_wrong_command_line_is_usage(slipway: Slipway) -> None:
    assert slipway("release", "dev").exit_code == 2
    assert slipway("relase").exit_code == 2
    assert slipway("pin", "dev", "--no-such-option").exit_code == 2


def test_outside_of_a_project_that_is_said(slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = slipway("unlock", "dev")
    assert result.exit_code == 2
    assert "no Pulumi.yaml here or above" in result.stderr


def test_a_folder_inside_the_project_will_do(slipway: Slipway, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "down")
    assert "no stack file Pulumi.live.yaml; there is dev." in slipway("pin", "live").stderr


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("slipway rel", "release"),
        ("slipway release d", "dev"),
        ("slipway release dev sh", "shop"),
        ("slipway release dev shop w", "web"),
        ("slipway release nowhere sh", ""),
        ("slipway bans dev --server m", "main"),
    ],
)
def test_words_are_completed(project: Path, line: str, word: str) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    result = CliRunner().invoke(
        app, [], prog_name="slipway", env={"_SLIPWAY_COMPLETE": "complete_bash", **words}, catch_exceptions=False
    )
    assert result.stdout.strip() == word, f"in {project}"
