"""`slipway policy`, with a program in Pulumi's place that prints the engine's events."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.guard.message import Message
from policies.guard.pack import POLICIES
from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import Slipway
from tests.unit.preview.test_revisions import git

ENGINE = """
import os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    calls.write(" ".join([*sys.argv[1:], os.environ.get("PULUMI_BACKEND_URL", "")]) + "\\n")
if sys.argv[1] == "config":
    sys.exit()
if sys.argv[1] == "stack":
    pathlib.Path("Pulumi.dev.yaml").write_text("encryptionsalt: v1:another\\n")
    sys.stderr.write((here / "init").read_text())
    sys.exit(1 if (here / "init").read_text() else 0)
sys.stdout.write((here / "events").read_text())
sys.stderr.write((here / "complaint").read_text())
sys.exit(int((here / "code").read_text()))
"""
RULE = "container_has_memory_limit"
SAID = Message(
    rule="Containers have a hard memory limit and no swap.", sentence="`memory` is not set.", reason="R.", remedy="M."
)
WAIVER = {
    "rule": RULE,
    "resource": "shop-web",
    "reason": "measured at its peak next week",
    "permit": "reviewed",
    "owner": "ops@example.com",
}
TERMS = "as reviewed, ops@example.com answers for it: measured at its peak next week"


def event(said: Message = SAID, *, level: str = "mandatory", resource: str = "shop-web-0a1b2c3d") -> Mapping[str, Any]:
    """Return the engine's event of a finding."""
    urn = f"urn:pulumi:dev::slipway::slipway:services:Product$docker:index/container:Container::{resource}"
    return {
        "policyEvent": {
            "resourceUrn": urn,
            "message": str(said),
            "policyName": RULE,
            "policyPackName": "slipway",
            "enforcementLevel": level,
            "severity": "high",
        }
    }


class Engine:
    """What the program in Pulumi's place says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.says()

    def says(self, *events: Mapping[str, Any], complaint: str = "", code: int = 0, init: str = "") -> None:
        summary = {"summaryEvent": {"result": "failed" if code else "succeeded"}}
        lines = [json.dumps(one) for one in (*events, summary)] if not complaint or events else []
        for name, text in {
            "events": "\n".join(lines) + "\n",
            "complaint": complaint,
            "code": str(code),
            "init": init,
        }.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def engine(program: Program, project: Path) -> Engine:
    git(project, "init", "-q", "-b", "main")
    return Engine(program("pulumi", ENGINE).parent)


@pytest.fixture
def waiver(project: Path) -> None:
    """Write a waiver file with one entry."""
    (project / "policies").mkdir()
    (project / "policies" / "waivers.yaml").write_text(yaml.safe_dump([WAIVER]), encoding="utf-8")


def test_every_stack_is_previewed_in_a_backend_that_is_thrown_away(slipway: Slipway, engine: Engine) -> None:
    result = slipway("policy")
    assert result.exit_code == 0
    assert "No rule is violated in dev." in result.stdout
    made, _, previewed = engine.calls
    assert made.startswith("stack init dev --no-select")
    assert previewed.startswith("preview --json --refresh=false --stack dev --policy-pack policies/run")
    backend = made.rpartition("file://")[2]
    assert previewed.endswith(f"file://{backend}")
    assert not Path(backend).exists()


@pytest.mark.usefixtures("engine")
def test_the_stack_file_keeps_how_it_is_encrypted(slipway: Slipway, project: Path) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(
        f"secretsprovider: awskms://alias/slipway\nencryptedkey: AQICAH=\n# ours\n{path.read_text(encoding='utf-8')}",
        encoding="utf-8",
    )
    before = {path: path.read_bytes() for path in project.iterdir() if path.is_file()}
    assert slipway("policy", "dev").exit_code == 0
    assert {path: path.read_bytes() for path in project.iterdir() if path.is_file()} == before


@pytest.mark.usefixtures("engine")
def test_a_stack_file_that_git_ignores_is_said(slipway: Slipway, project: Path) -> None:
    (project / ".gitignore").write_text("Pulumi.dev.yaml\n", encoding="utf-8")
    result = slipway("policy", "dev")
    assert result.exit_code == 1
    assert "dev cannot be previewed here: git ignores its stack file." in result.stderr


def test_a_violation_is_shown_with_its_remedy_and_exits_2(slipway: Slipway, engine: Engine) -> None:
    engine.says(event(), code=1, complaint="error: preview failed\n")
    result = slipway("policy", "dev")
    assert result.exit_code == 2
    assert "violated" in result.stdout
    assert f"D17 {RULE}" in result.stdout
    assert "`memory` is not set." in result.stdout
    assert "mem_limit" in result.stderr
    assert "Violations in dev: 1." in result.stdout


def test_advice_and_what_waits_for_up_exit_0(slipway: Slipway, engine: Engine) -> None:
    waiting = Message(rule="R.", sentence="`envs[0]` cannot be known before `up`, and is judged then.")
    engine.says(event(level="advisory"), event(waiting, level="advisory"))
    result = slipway("policy", "--json")
    assert result.exit_code == 0
    assert [one["verdict"] for one in json.loads(result.stdout)["findings"]] == ["advice", "waiting"]


@pytest.mark.usefixtures("waiver")
def test_every_waiver_is_listed_with_its_terms_and_where_it_was_used(slipway: Slipway, engine: Engine) -> None:
    engine.says(event(Message(rule="R.", sentence="`memory` is not set.", waived=TERMS), level="advisory"))
    result = slipway("policy", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["waivers"] == [{"rule": RULE, "resource": "shop-web", "terms": TERMS, "used_in": ["dev"]}]
    assert report["findings"][0]["waived"] == TERMS
    assert TERMS in slipway("policy").stdout


@pytest.mark.usefixtures("engine")
def test_of_one_stack_waivers_of_others_are_not_listed(slipway: Slipway, project: Path) -> None:
    names = ("shop-web", "prod/shop-web", "dev/shop-db")
    (project / "policies").mkdir()
    written = yaml.safe_dump([{**WAIVER, "resource": name} for name in names])
    (project / "policies" / "waivers.yaml").write_text(written, encoding="utf-8")
    for arguments, listed in ((("dev",), ["dev/shop-db"]), (("--state", "prod"), ["prod/shop-web"]), ((), list(names))):
        report = json.loads(slipway("policy", *arguments, "--json").stdout)
        assert [one["resource"] for one in report["waivers"]] == listed


@pytest.mark.usefixtures("waiver", "engine")
def test_a_waiver_that_no_stack_needs_is_a_violation(slipway: Slipway) -> None:
    result = slipway("policy")
    assert result.exit_code == 2
    assert "excuses nothing in any stack" in result.stdout
    assert slipway("policy", "dev").exit_code == 0, "of one stack alone it cannot be said"


def test_a_stack_that_cannot_be_previewed_is_unknown(slipway: Slipway, engine: Engine) -> None:
    engine.says({"diagnosticEvent": {"severity": "error", "message": "servers.main is missing\n"}}, code=1)
    result = slipway("policy", "dev")
    assert result.exit_code == 1
    assert "could not tell: dev: servers.main is missing" in result.stderr
    assert "No rule is violated" not in result.stdout


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ({"init": "error: incorrect passphrase\n"}, "dev cannot be previewed here: incorrect passphrase."),
        ({"code": 1, "complaint": "error: no such pack\n"}, "dev cannot be previewed: no such pack."),
    ],
)
def test_a_run_that_pulumi_refuses_is_unknown_in_one_sentence(
    slipway: Slipway, engine: Engine, says: dict[str, Any], message: str
) -> None:
    engine.says(**says)
    result = slipway("policy", "dev")
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_state_is_judged_without_the_program(slipway: Slipway, engine: Engine) -> None:
    engine.says(event(), code=1, complaint="error: one or more mandatory policy violations were found\n")
    assert slipway("policy", "--state", "prod").exit_code == 2
    (call,) = engine.calls
    assert call.startswith("policy analyze --json --policy-pack policies/run --stack prod")


def test_a_state_without_resources_is_not_said_to_be_well(slipway: Slipway, engine: Engine) -> None:
    (engine.folder / "events").write_text("Stack prod has no resources; nothing to analyze.\n", encoding="utf-8")
    result = slipway("policy", "--state", "prod")
    assert (result.exit_code, result.stdout.strip()) == (1, "")
    assert "could not tell: prod: nothing was ever applied: run `pulumi up` first" in result.stderr


def test_an_exported_state_is_judged_by_its_file(slipway: Slipway, engine: Engine, project: Path) -> None:
    assert slipway("policy", "--file", "state.json").exit_code == 0
    assert f"--file {project / 'state.json'}" in engine.calls[0]


def test_a_file_that_is_none_is_named_as_it_was_given(slipway: Slipway, engine: Engine) -> None:
    engine.says(complaint="error: open /none: no such file or directory\n", code=1)
    assert "slipway: /none cannot be judged: open /none" in slipway("policy", "--file", "/none").stderr


@pytest.mark.parametrize("arguments", [("dev", "--state", "dev"), ("--state", "dev", "--file", "x"), ("nosuch",)])
@pytest.mark.usefixtures("engine")
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    slipway: Slipway, engine: Engine, arguments: tuple[str, ...]
) -> None:
    assert slipway("policy", *arguments).exit_code == 1
    assert not (engine.folder / "calls").exists()


def test_sarif_names_rule_stack_file_resource_and_what_is_waived(
    slipway: Slipway, engine: Engine, project: Path
) -> None:
    waived = Message(rule="R.", sentence="`memory` is not set.", waived=TERMS)
    engine.says(
        event(), event(waived, level="advisory", resource="shop-worker-0a1b2c3d"), code=1, complaint="error: x\n"
    )
    assert slipway("policy", "dev", "--sarif", "policy.sarif").exit_code == 2
    (run,) = json.loads((project / "policy.sarif").read_text(encoding="utf-8"))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [policy.name for policy in POLICIES]
    violated, excused = run["results"]
    assert (violated["ruleId"], violated["level"], violated["suppressions"]) == (RULE, "error", [])
    assert run["tool"]["driver"]["rules"][violated["ruleIndex"]]["id"] == RULE
    (location,) = violated["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.dev.yaml"
    assert location["logicalLocations"][0]["name"] == "shop-web-0a1b2c3d"
    assert excused["suppressions"] == [{"kind": "external", "justification": TERMS}]


def test_a_result_keeps_its_fingerprint_from_one_release_to_the_next(
    slipway: Slipway, engine: Engine, project: Path
) -> None:
    engine.says(event(resource="shop-web-0a1b2c3d"), event(resource="shop-web-99999999"), event(resource="shop-db"))
    slipway("policy", "dev", "--sarif", "policy.sarif")
    (run,) = json.loads((project / "policy.sarif").read_text(encoding="utf-8"))["runs"]
    first, second, other = (result["partialFingerprints"]["slipway/v1"] for result in run["results"])
    assert first == second != other
