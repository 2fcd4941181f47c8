"""`slipway up --expect`, with a program in Pulumi's place."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from infra.preview.report import Report
from tests.integration.cli.conftest import Program
from tests.integration.cli.test_preview import CANARY, ENGINE, SECRETS, Engine
from tests.unit.cli.conftest import Slipway
from tests.unit.preview.events import CONTAINER, FILE, SEALED, created, error, step, updated

APPROVED: tuple[Mapping[str, Any], ...] = (
    created(FILE, "motd", content="welcome", key=SEALED),
    updated(FILE, "issue", {"content": "a"}, {"content": "b"}),
)
DRIFTED = (APPROVED[0], updated(FILE, "issue", {"content": "z"}, {"content": "b"}))
GROWN = (*APPROVED, step("delete", CONTAINER, "db", {"image": "x"}))

CHANGED: Mapping[str, tuple[Sequence[Mapping[str, Any]], str]] = {
    "delete Container db was not approved": (GROWN, SECRETS),
    "File issue is not any more what it was when update was approved": (DRIFTED, SECRETS),
    "update File issue was approved and is not to be done any more": (APPROVED[:1], SECRETS),
    "secret slipway:secret-registry has another value": (APPROVED, SECRETS.replace(CANARY, f"{CANARY}-new")),
}


@pytest.fixture
def engine(program: Program, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "a phrase")
    engine = Engine(program("pulumi", ENGINE).parent)
    engine.says(*APPROVED)
    return engine


@pytest.fixture
def report(slipway: Slipway, engine: Engine, tmp_path: Path) -> Path:
    """Return the report of the preview that was approved."""
    path = tmp_path / "preview.json"
    assert slipway("preview", "dev", "--report", str(path)).exit_code == 0
    assert len(engine.calls("preview")) == 1
    return path


def approved(path: Path) -> str:
    return Report.parse(path.read_bytes()).stacks[0].hash


def applied(engine: Engine) -> list[list[str]]:
    return [call["words"] for call in engine.calls("up")]


def refused(result: Result, engine: Engine) -> str:
    """Return why nothing was applied."""
    assert result.exit_code == 1, result.output
    assert applied(engine) == []
    assert CANARY not in result.output
    return result.output


def test_what_was_approved_is_applied_without_a_third_preview(slipway: Slipway, engine: Engine, report: Path) -> None:
    result = slipway("up", "dev", "--yes", "--expect", approved(report), "--approved", str(report))
    assert result.exit_code == 0, result.output
    assert applied(engine)[0][-2:] == ["--yes", "--skip-preview"]


def test_a_person_is_still_asked(slipway: Slipway, engine: Engine, report: Path) -> None:
    assert slipway("up", "dev", "--expect", approved(report)).exit_code == 0
    assert "--skip-preview" not in applied(engine)[0]


def test_a_product_alone_is_previewed_with_its_own_targets(slipway: Slipway, engine: Engine, report: Path) -> None:
    assert slipway("up", "dev", "-p", "shop", "--expect", approved(report)).exit_code == 0
    targets = [call["words"][call["words"].index("--target-dependents") :] for call in engine.calls("preview")[1:]]
    assert targets
    assert targets[0][2].endswith("::shop")


@pytest.mark.parametrize("sentence", CHANGED)
def test_anything_else_is_refused_and_named(slipway: Slipway, engine: Engine, report: Path, sentence: str) -> None:
    events, config = CHANGED[sentence]
    engine.says(*events, config=config)
    said = refused(slipway("up", "dev", "-y", "--expect", approved(report), "--approved", str(report)), engine)
    assert sentence in said


def test_another_password_in_a_file_is_refused(slipway: Slipway, engine: Engine, report: Path, project: Path) -> None:
    (project / "password").write_text("changed\n", encoding="utf-8")
    said = refused(slipway("up", "dev", "-y", "--expect", approved(report), "--approved", str(report)), engine)
    assert "secret registry registry.test has another value" in said


def test_without_the_report_what_would_happen_is_listed(slipway: Slipway, engine: Engine, report: Path) -> None:
    engine.says(*GROWN)
    said = refused(slipway("up", "dev", "-y", "--expect", approved(report)), engine)
    assert "delete Container db" in said
    assert "--approved <report>" in said


def test_a_preview_that_fails_applies_nothing(slipway: Slipway, engine: Engine, report: Path) -> None:
    engine.says(error("the server is away"), code=1)
    assert "the server is away" in refused(slipway("up", "dev", "-y", "--expect", approved(report)), engine)


@pytest.mark.parametrize("content", [None, b"{}", b"\xff", b" " * (9 * 1024 * 1024)])
def test_a_report_that_cannot_be_used_applies_nothing(
    slipway: Slipway, engine: Engine, report: Path, content: bytes | None
) -> None:
    expected = approved(report)
    if content is None:
        report.unlink()
    else:
        report.write_bytes(content)
    refused(slipway("up", "dev", "-y", "--expect", expected, "--approved", str(report)), engine)


def test_a_report_whose_operations_were_altered_is_not_believed(slipway: Slipway, engine: Engine, report: Path) -> None:
    expected, content = approved(report), json.loads(report.read_bytes())
    content["stacks"][0]["operations"] = []
    report.write_text(json.dumps(content), encoding="utf-8")
    engine.says(*GROWN)
    said = refused(slipway("up", "dev", "-y", "--expect", expected, "--approved", str(report)), engine)
    assert "is not the report that `--expect` is the hash of" in said


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("arguments", [["--expect", "abc"], ["--expect", "x" * 64], ["--approved", "x.json"]])
def test_half_an_approval_is_a_wrong_command_line(slipway: Slipway, arguments: list[str]) -> None:
    assert slipway("up", "dev", *arguments).exit_code == 2
