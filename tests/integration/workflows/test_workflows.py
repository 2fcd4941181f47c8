"""The workflows as text: what `make check` finds in worse ones, and what no linter asks for."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.config.plain_yaml import parse
from tests.lab.stack import ROOT
from tools.check import checks_of_workflows
from tools.command import SetupError

FOLDER = Path(".github") / "workflows"
FILES = sorted(path.name for path in (ROOT / FOLDER).iterdir())
MOST_ACTIONS = 5
"""Whoever takes one over runs code in every job that uses it."""
PINNED = re.compile(r"uses: (?P<action>\S+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")
HOSTED = "ubuntu-24.04"
CHECKOUT = "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
WORSE: Mapping[str, tuple[str, str, str]] = {
    "an action by a tag that can be moved": ("workflows/check.yml", CHECKOUT, "@v7"),
    "a token that stays in the checkout": ("workflows/up.yml", "persist-credentials: false", "fetch-depth: 1"),
    "a token that may do all": ("workflows/drift.yml", "permissions: {}", "permissions: write-all"),
    "a permission that there is not": ("workflows/comment.yml", "pull-requests: write", "pull-request: write"),
    "a stranger's text in a script": (
        "workflows/check.yml",
        '"origin/$BASE"',
        '"origin/${{ github.event.pull_request.head.ref }}"',
    ),
    "a key outside of an environment": ("workflows/preview.yml", "    environment: preview\n", ""),
    "a stranger's code with a token": ("workflows/preview.yml", "  pull_request:\n", "  pull_request_target:\n"),
    "updates that may run at once": (
        "workflows/up.yml",
        "    concurrency:\n      group: up-test\n      cancel-in",
        "    cancel-in",
    ),
    "a script that splits words": ("workflows/drift.yml", '"${found[@]}"', "${found[@]}"),
    "an output that no step has": ("workflows/up.yml", "steps.preview.outputs.hash", "steps.previw.outputs.hash"),
    "a runner that nobody has": ("workflows/check.yml", "runs-on: ubuntu-24.04", "runs-on: ubuntu-24.4"),
    "an update of the day it came out": ("dependabot.yml", "    cooldown:\n      default-days: 7\n", ""),
    "updates of what there is not": ("dependabot.yml", "package-ecosystem: pip", "package-ecosystem: pipp"),
}


def read(name: str) -> Mapping[str, Any]:
    """Return a workflow."""
    found = parse((ROOT / FOLDER / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def jobs() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in FILES:
        for job, content in read(name)["jobs"].items():
            yield f"{name}, {job}", content


def lines(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of all workflows in which something is found, after the name of the file."""
    for name in FILES:
        for line in (ROOT / FOLDER / name).read_text(encoding="utf-8").splitlines():
            if re.search(pattern, line):
                yield name, line


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the folder that GitHub reads."""
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def findings(project: Path) -> list[str]:
    """Return what the checks of workflows find."""
    found = []
    for check in checks_of_workflows(project).values():
        try:
            check()
        except SetupError as error:
            found.append(str(error))
    return found


def test_nothing_is_found_in_the_workflows_as_they_are(project: Path) -> None:
    assert findings(project) == []


@pytest.mark.parametrize("fault", WORSE)
def test_what_is_worse_is_found(project: Path, fault: str) -> None:
    name, old, new = WORSE[fault]
    path = project / ".github" / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} reads otherwise by now"
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert findings(project)


def test_every_action_is_pinned_by_one_commit_with_its_version() -> None:
    used: dict[str, set[tuple[str, str]]] = {}
    for name, line in lines(r"uses:"):
        found = PINNED.search(line)
        assert found, f"{name}: {line.strip()}"
        used.setdefault(found["action"], set()).add((found["commit"], found["version"]))
    assert {action: len(pins) for action, pins in used.items()} == dict.fromkeys(used, 1)
    assert len(used) <= MOST_ACTIONS


def test_every_permission_has_its_reason() -> None:
    found = list(lines(r"^      [a-z-]+: (read|write)\b"))
    assert found
    for name, line in found:
        assert re.search(r"# to \w+", line), f"{name}: {line.strip()}"


@pytest.mark.parametrize("name", FILES)
def test_no_permission_is_given_to_a_whole_workflow(name: str) -> None:
    assert read(name)["permissions"] == {}


def test_every_job_says_what_it_may_do_and_how_long() -> None:
    for name, job in jobs():
        assert job["permissions"], name
        assert 0 < job["timeout-minutes"] <= 60, name


def test_every_script_ends_at_its_first_mistake_and_holds_no_expression() -> None:
    for name, job in jobs():
        for step in job["steps"]:
            script = step.get("run", "set -euo pipefail\n")
            assert script.startswith("set -euo pipefail\n"), f"{name}: {step['name']}"
            assert "${{" not in script, f"{name}: {step['name']}"


def test_who_may_write_is_not_where_a_strangers_code_runs() -> None:
    for name, job in jobs():
        if name.startswith("check.yml"):
            assert job["permissions"] == {"contents": "read"}, name
            assert "environment" not in job, name
            assert "secrets." not in str(job), name


def test_a_secret_is_for_the_steps_that_need_it_and_in_an_environment() -> None:
    for name, job in jobs():
        holding = [step for step in job["steps"] if "secrets." in str(step)]
        assert all("run" in step for step in holding), f"{name}: an action of somebody else's gets a secret"
        assert "secrets." not in str({key: part for key, part in job.items() if key != "steps"}), name
        assert not holding or job["environment"], name


def test_a_runner_that_reaches_servers_runs_nothing_for_strangers() -> None:
    for name, job in jobs():
        if job["runs-on"] != HOSTED:
            assert job["environment"], name
            assert not name.startswith("preview.yml") or "github.repository" in job["if"], name
            assert not name.startswith(("check.yml", "comment.yml")), name


def test_an_update_is_never_cancelled_and_never_beside_another_of_its_stack() -> None:
    content = read("up.yml")["jobs"]
    assert list(content) == ["dev", "test-preview", "test", "prod-preview", "prod"]
    for stack in ("dev", "test", "prod"):
        assert content[stack]["concurrency"] == {"group": f"up-{stack}", "cancel-in-progress": False}
        assert content[stack]["environment"] == stack
        assert "--expect" in str(content[stack]["steps"][-1])
    assert (content["test-preview"]["needs"], content["test"]["needs"]) == ("dev", "test-preview")
    assert content["prod-preview"]["needs"] == ["dev", "test"]
