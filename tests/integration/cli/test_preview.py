"""`slipway preview`, with a program in Pulumi's place that tells of the stack it is run for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.preview.report import Report
from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import Slipway
from tests.unit.preview.events import CONTAINER, FILE, SEALED, SUMMARY, created, error, finding, step, updated
from tests.unit.preview.test_revisions import git

ENGINE = """
import json, os, pathlib, sys
here, folder = pathlib.Path(__file__).parent, pathlib.Path.cwd()
with (here / "calls").open("a") as calls:
    calls.write(json.dumps({"words": sys.argv[1:], "folder": str(folder), "environment": dict(os.environ),
        "files": {path.name: path.read_text() for path in folder.glob("Pulumi.*.yaml")}}) + "\\n")
if sys.argv[1] == "config":
    sys.stdout.write((here / "config").read_text())
elif sys.argv[1] == "preview":
    told = folder / "events"
    sys.stdout.write((told if told.exists() else here / "events").read_text())
    sys.exit(int((here / "code").read_text()))
"""
CANARY = "canary-9b2f"
SECRETS = json.dumps({"slipway:secret-registry": {"value": CANARY, "secret": True}, "a:b": {"value": "x"}})


class Engine:
    """What the program in Pulumi's place says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.says()

    def says(self, *events: Mapping[str, Any], code: int = 0, config: str = SECRETS) -> None:
        files = {"events": lines(*events), "code": str(code), "config": config}
        for name, text in files.items():
            (self._folder / name).write_text(text, encoding="utf-8")

    def calls(self, verb: str) -> list[Mapping[str, Any]]:
        told = map(json.loads, (self._folder / "calls").read_text(encoding="utf-8").splitlines())
        return [call for call in told if call["words"][0] == verb]


def lines(*events: Mapping[str, Any]) -> str:
    """Return the output of a preview."""
    return "".join(f"{json.dumps(one)}\n" for one in (*events, SUMMARY))


@pytest.fixture
def engine(program: Program, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", CANARY)
    monkeypatch.setenv("SSH_AUTH_SOCK", f"/run/{CANARY}")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    return Engine(program("pulumi", ENGINE).parent)


@pytest.fixture
def branch(project: Path) -> Path:
    """Return the project in git, with what the engine is to say of each revision in a file of it."""
    (project / ".gitignore").write_text("password\n", encoding="utf-8")
    (project / "events").write_text(lines(created(FILE, "motd", path="/m", content="a")), encoding="utf-8")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    return project


def head_says(project: Path, *events: Mapping[str, Any]) -> None:
    """Have the engine say this of the head, which is not committed yet."""
    (project / "events").write_text(lines(*events), encoding="utf-8")


def reported(slipway: Slipway, *arguments: str, code: int = 0) -> Report:
    """Return the report that the command prints."""
    result = slipway("preview", *arguments, "--json")
    assert result.exit_code == code, result.output
    assert CANARY not in result.output
    return Report.parse(result.stdout.encode())


def test_two_revisions_are_compared(slipway: Slipway, branch: Path, engine: Engine) -> None:
    head_says(branch, created(FILE, "motd", path="/m", content="b"), created(FILE, "new", path="/n", content=SEALED))
    report = reported(slipway, "dev", "--offline", "--base", "main")
    stack = report.stacks[0]
    assert [(one.kind, one.name, one.paths) for one in stack.operations] == [
        ("update", "motd", ("content",)),
        ("create", "new", ()),
    ]
    assert (report.source, report.base, report.run) == ("offline", git(branch, "rev-parse", "main"), "7")
    assert stack.hash == "", "an update cannot be held to a comparison that no state was in"
    assert len(engine.calls("preview")) == 2


def test_an_offline_preview_gets_no_secret_and_no_way_out(slipway: Slipway, branch: Path, engine: Engine) -> None:
    before = git(branch, "status", "--porcelain")
    reported(slipway, "--offline", "--base", "main")
    for call in (*engine.calls("preview"), *engine.calls("stack"), *engine.calls("config")):
        assert CANARY not in json.dumps(call)
        assert "BBBB" not in json.dumps(call["files"]), "ciphertext of the stack file is passed on"
        assert call["environment"]["PULUMI_BACKEND_URL"].startswith("file://")
        assert not Path(call["folder"]).is_relative_to(branch)
        assert not Path(call["folder"]).exists(), "the copy of the revision is left behind"
    placeholders = {tuple(call["words"]) for call in engine.calls("config")}
    assert len(placeholders) == 1, "a secret that nobody changed differs between the revisions"
    assert git(branch, "status", "--porcelain") == before


@pytest.mark.usefixtures("engine")
def test_a_stack_that_is_new_or_gone_is_compared_with_nothing(slipway: Slipway, branch: Path) -> None:
    (branch / "Pulumi.dev.yaml").rename(branch / "Pulumi.prod.yaml")
    report = reported(slipway, "prod", "--offline", "--base", "main")
    assert [(one.kind, one.name) for one in report.stacks[0].operations] == [("create", "motd")]


@pytest.mark.usefixtures("branch", "engine")
def test_a_base_that_does_not_exist_is_said_in_the_report(slipway: Slipway) -> None:
    report = reported(slipway, "--offline", "--base", "gone", code=1)
    assert "gone does not exist here" in report.stacks[0].base_failure
    assert report.stacks[0].failure == ""


@pytest.mark.usefixtures("engine")
def test_a_broken_rule_is_a_broken_rule_with_nothing_to_compare_with(slipway: Slipway, branch: Path) -> None:
    head_says(branch, created(FILE, "motd", path="/m", content="a"), finding())
    report = reported(slipway, "--offline", "--base", "gone", code=2)
    assert "gone does not exist here" in report.stacks[0].base_failure


@pytest.mark.usefixtures("engine")
def test_a_base_that_does_not_build_is_said_in_the_report(slipway: Slipway, branch: Path) -> None:
    head_says(branch, error("ModuleNotFoundError: No module named 'gone'"))
    git(branch, "commit", "-qam", "broken")
    head_says(branch, created(FILE, "motd", path="/m"))
    report = reported(slipway, "--offline", "--base", "HEAD", code=1)
    assert "No module named 'gone'" in report.stacks[0].base_failure
    assert report.stacks[0].failure == ""


@pytest.mark.usefixtures("engine")
def test_a_head_that_does_not_build_fails_and_a_broken_rule_has_a_code_of_its_own(
    slipway: Slipway, branch: Path
) -> None:
    head_says(branch, error("One mistake to put right"))
    assert "One mistake" in reported(slipway, "--offline", "--base", "main", code=1).stacks[0].failure
    head_says(branch, created(FILE, "motd", path="/m", content="a"), finding())
    assert len(reported(slipway, "--offline", "--base", "main", code=2).stacks[0].violations) == 1


@pytest.mark.usefixtures("project")
def test_a_state_preview_ends_with_a_hash_that_repeats(slipway: Slipway, engine: Engine) -> None:
    engine.says(updated(FILE, "motd", {"content": "a"}, {"content": SEALED}), step("delete", CONTAINER, "db", {}))
    first, second = (reported(slipway, "dev").stacks[0] for _ in range(2))
    assert [(one.kind, one.name) for one in first.operations] == [("delete", "db"), ("update", "motd")]
    assert first.hash == second.hash != ""
    assert set(first.secrets) == {"slipway:secret-registry", "registry registry.test"}
    engine.says(updated(FILE, "motd", {"content": "a"}, {"content": SEALED}))
    assert reported(slipway, "dev").stacks[0].hash != first.hash


@pytest.mark.usefixtures("project")
def test_another_value_of_a_secret_has_another_hash(slipway: Slipway, engine: Engine) -> None:
    before = reported(slipway, "dev").stacks[0]
    engine.says(config=SECRETS.replace(CANARY, "another"))
    assert reported(slipway, "dev").stacks[0].hash != before.hash


@pytest.mark.usefixtures("project")
def test_a_terminal_has_tables_the_verdict_last_and_a_summary_beside_it(
    slipway: Slipway, engine: Engine, tmp_path: Path
) -> None:
    engine.says(updated(FILE, "motd\x1b[2J\u202e", {"content": "a"}, {"content": "b"}), finding("advisory"))
    summary, report = tmp_path / "summary.md", tmp_path / "report.json"
    summary.write_text("before\n", encoding="utf-8")
    result = slipway("preview", "dev", "--summary", str(summary), "--report", str(report))
    assert result.exit_code == 0, result.output
    assert "\x1b[2J" not in result.output
    assert "File motd\\u001b[2J\\u202e" in result.output
    assert result.stdout.rstrip().endswith("Changes 1 resource.")
    assert summary.read_text(encoding="utf-8").startswith("before\n## Changes 1 resource\n")
    assert Report.parse(report.read_bytes()).stacks[0].name == "dev"


@pytest.mark.usefixtures("engine")
def test_a_stack_file_with_mistakes_is_a_failed_preview(slipway: Slipway, project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: {slipway:servrs: {}}\n", encoding="utf-8")
    report = reported(slipway, "dev", code=1)
    assert "slipway:servrs" in report.stacks[0].failure


@pytest.mark.usefixtures("project")
def test_a_stack_that_the_backend_does_not_have_is_said_with_what_makes_it(slipway: Slipway, program: Program) -> None:
    complaint = "error: no stack named 'dev' found"
    program("pulumi", f"import sys; sys.exit({complaint!r})")
    assert (
        "no stack named 'dev' found: `pulumi stack init dev` makes it."
        in reported(slipway, "dev", code=1).stacks[0].failure
    )


@pytest.mark.usefixtures("project", "engine")
@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["--offline"], ["--base", "main"], ["--offline", "--base", "main"], ["dev", "--report", "/gone/x"]],
)
def test_what_cannot_be_previewed_is_one_sentence(slipway: Slipway, arguments: list[str]) -> None:
    result = slipway("preview", *arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
