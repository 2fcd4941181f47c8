"""The workflows as GitHub would run them: real programs and previews, a stand-in for GitHub, servers that are away."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.preview.markdown import is_about, is_against_state
from infra.preview.report import Report
from infra.watch.page import is_ours
from tests.github_standin.server import GitHubStandIn, running
from tests.github_standin.world import ACTIONS, Account, World
from tests.lab.stack import Outcome, exports, run
from tests.unit.preview.test_revisions import git
from tests.workflows.runner import REPOSITORY, Runner, make_repository

TOKEN = "canary-token-71ce"
PASSPHRASE = "canary-phrase-c04a"
PULL, RUN = 12, 77
COMPOSE = "stacks/products/shop/compose.yaml"
STACKS = ("dev", "test")
TREACHERY = 'env > "$RUNNER_ARTIFACTS/seen"\n"$@"\n'
"""What a stranger adds to the script that the job runs."""


@dataclass(kw_only=True)
class Scene:
    """A repository with a pull request, and the machine that runs its workflows."""

    runner: Runner
    github: GitHubStandIn
    head: str
    base: str
    state: Path

    def pull_request(self, owner: str) -> Mapping[str, Any]:
        """Return what GitHub tells of a push to the pull request.

        Args:
            owner: of the repository that the branch is in.
        """
        head = {"sha": self.head, "repo": {"full_name": owner}}
        base = {"ref": "main", "sha": self.base}
        return {"pull_request": {"number": PULL, "head": head, "base": base, "user": {"login": "octocat"}}}

    def run_of_check(self, action: str, **parts: Any) -> Mapping[str, Any]:
        """Return what GitHub tells of a run of `check` for the pull request."""
        told = {
            "id": RUN,
            "event": "pull_request",
            "path": ".github/workflows/check.yml",
            "head_sha": self.head,
            "conclusion": "success",
        }
        return {"action": action, "workflow_run": {**told, **parts}}

    def comment(self) -> str:
        """Return the one comment."""
        (only,) = self.github.world.comments[PULL]
        return str(only["body"])

    def issues(self) -> list[str]:
        """Return the texts of the open issues of ours."""
        return [one["body"] for one in self.github.world.issues.values() if one["state"] == "open"]

    def lock(self, stack: str, process: int) -> Path:
        """Lock a stack as a run of this machine does."""
        path = self.state / ".pulumi" / "locks" / "organization" / "slipway" / stack / "1.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = {"pid": process, "username": "runner", "hostname": socket.gethostname()}
        path.write_text(json.dumps({**holder, "timestamp": "2099-01-01T00:00:00Z"}), encoding="utf-8")
        return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} reads otherwise by now"
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_branch(repository: Path) -> None:
    """Commit a branch whose code must never meet a token."""
    git(repository, "checkout", "-qb", "branch")
    edit(repository / COMPOSE, "cpus: 0.5", "cpus: 0.4")
    edit(repository / ".github" / "with-tools", '"$@"\n', TREACHERY)
    comment = repository / "infra" / "cli" / "comment.py"
    comment.write_text('raise SystemExit("code of the branch")\n', encoding="utf-8")
    edit(repository / "infra" / "cli" / "app.py", "    comment,\n", "")
    edit(repository / "infra" / "cli" / "app.py", 'app.command("comment")(comment.comment)\n', "")
    git(repository, "commit", "-qam", "change")


def applied(stack: str) -> str:
    """Return what `pulumi stack import` takes: a stack whose updates have made nothing but a password."""
    prefix = f"urn:pulumi:{stack}::slipway::"
    root, provider = f"{prefix}pulumi:pulumi:Stack::slipway-{stack}", f"{prefix}pulumi:providers:random::random"
    kinds = {"special": True, "upper": True, "lower": True, "numeric": True}
    least = {"minSpecial": 0, "minUpper": 0, "minLower": 0, "minNumeric": 0}
    resources = [
        {"urn": root, "type": "pulumi:pulumi:Stack", "custom": False},
        {"urn": provider, "type": "pulumi:providers:random", "custom": True, "id": "a", "parent": root},
        {
            "urn": f"{prefix}random:index/randomPassword:RandomPassword::password",
            "type": "random:index/randomPassword:RandomPassword",
            "custom": True,
            "id": "none",
            "inputs": {"length": 32},
            "outputs": {"length": 32, **kinds, **least, "result": "made"},
            "protect": True,
            "parent": root,
            "provider": f"{provider}::a",
        },
    ]
    return json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}})


def pulumi(repository: Path, state: Path, *arguments: str, given: str = "") -> None:
    """Run Pulumi on the stacks of a backend that have a passphrase of their own."""
    tools = {name: value for name, value in exports().items() if name != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
    run(repository, {**os.environ, **tools, **own}, "pulumi", *arguments, given=given)


def make_state(repository: Path, folder: Path) -> None:
    """Make the stacks in a backend, nothing in them, with a passphrase of their own."""
    folder.mkdir()
    for stack in STACKS:
        path = repository / f"Pulumi.{stack}.yaml"
        # Nobody answers at this port, so that no server is met.
        text = path.read_text(encoding="utf-8").replace("user: deploy", "user: deploy\n        port: 9")
        path.write_text(text.partition("encryptionsalt:")[0], encoding="utf-8")
        pulumi(repository, folder, "stack", "init", stack, "--no-select")
    git(repository, "commit", "-qam", "stacks of its own")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("workflows")
    repository = make_repository(folder / "repository")
    make_state(repository, folder / "state")
    base = git(repository, "rev-parse", "HEAD")
    write_branch(repository)
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "main")
    world = World(repository=REPOSITORY, accounts={TOKEN: Account(login=ACTIONS, is_installation=True)})
    world.pull(PULL, head)
    with running(world) as standin:
        runner = Runner(
            repository=repository,
            folder=folder / "runner",
            variables={"PULUMI_BACKEND_URL": f"file://{folder / 'state'}"},
            secrets={"GITHUB_TOKEN": TOKEN, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE},
            environment={"GITHUB_API_URL": standin.url},
        )
        yield Scene(runner=runner, github=standin, head=head, base=base, state=folder / "state")


def succeeded(outcome: Outcome, *steps: str) -> None:
    """See that a run has come to its end, and through some steps."""
    outcome.expect_success()
    for step in steps:
        assert f"Success - Main {step}" in outcome.output, outcome.output


def test_a_strangers_pull_request_is_previewed_without_a_secret_and_commented_by_other_code(scene: Scene) -> None:
    checked = scene.runner.run(
        "check.yml", "pull_request", scene.pull_request("stranger/shop"), job="preview", number=RUN
    )
    succeeded(checked, "Compare the programs", "Hand the report on")
    seen = (scene.runner.artifact(RUN, "").parent / "seen").read_text(encoding="utf-8")
    assert "canary" not in seen, "a stranger's code has met a secret"
    path = scene.runner.artifact(RUN, "preview-offline") / "preview.json"
    report = Report.parse(path.read_bytes())
    assert (report.source, report.head, report.base, report.run) == ("offline", scene.head, scene.base, str(RUN))
    assert [(stack.name, stack.failure, stack.base_failure) for stack in report.stacks] == [
        ("dev", "", ""),
        ("test", "", ""),
    ]
    succeeded(
        scene.runner.run("comment.yml", "workflow_run", scene.run_of_check("completed")), "Take the report", "Comment"
    )
    assert is_about(scene.comment()) == scene.head
    assert not is_against_state(scene.comment())
    assert "shop&#47;worker" in scene.comment()
    path.unlink()
    failed = scene.runner.run("comment.yml", "workflow_run", scene.run_of_check("completed", conclusion="failure"))
    assert failed.code != 0
    assert "The preview failed" in scene.comment()


def test_a_push_marks_the_comment_as_stale(scene: Scene) -> None:
    body = f"<!-- slipway:preview head={'a' * 40} source=offline -->\n## Nothing changes\n"
    scene.github.world.comments[PULL].clear()
    scene.github.world.comment(PULL, body, ACTIONS)
    succeeded(scene.runner.run("comment.yml", "workflow_run", scene.run_of_check("requested")), "Mark the comment")
    assert "> **Stale**" in scene.comment()


@pytest.mark.parametrize(
    "parts",
    [
        {"path": ".github/workflows/mine.yml"},
        {"event": "push"},
        {"conclusion": "cancelled"},
        {"conclusion": "action_required"},
    ],
)
def test_another_run_gets_no_comment(scene: Scene, parts: Mapping[str, str]) -> None:
    calls = len(scene.github.world.calls)
    scene.runner.run("comment.yml", "workflow_run", scene.run_of_check("completed", **parts)).expect_success()
    assert len(scene.github.world.calls) == calls


def test_an_own_branch_is_previewed_against_the_state_and_commented_by_the_code_of_its_base(scene: Scene) -> None:
    scene.github.world.comments[PULL].clear()
    outcome = scene.runner.run("preview.yml", "pull_request", scene.pull_request(REPOSITORY), number=RUN + 1)
    succeeded(outcome, "Preview", "Hand the report on", "Take the report", "Comment")
    report = Report.parse((scene.runner.artifact(RUN + 1, "preview-state") / "preview.json").read_bytes())
    assert [stack.name for stack in report.stacks if stack.hash] == list(STACKS)
    assert is_against_state(scene.comment())
    assert all(stack.hash in scene.comment() for stack in report.stacks)
    assert PASSPHRASE not in scene.comment()


def test_a_strangers_branch_is_not_previewed_against_the_state(scene: Scene) -> None:
    calls = len(scene.github.world.calls)
    scene.runner.run(
        "preview.yml", "pull_request", scene.pull_request("stranger/shop"), number=RUN + 2
    ).expect_success()
    assert not scene.runner.artifact(RUN + 2, "").exists()
    assert len(scene.github.world.calls) == calls


def test_an_update_that_fails_is_the_last_and_a_lock_whose_run_lives_is_kept(scene: Scene) -> None:
    alive = scene.lock("dev", os.getpid())
    push = {"ref": "refs/heads/main", "after": scene.base}
    refused = scene.runner.run("up.yml", "push", push, number=RUN + 3)
    assert refused.code != 0
    assert "and that process lives" in refused.output
    assert "the stack is currently locked" in refused.output
    assert "test, preview" not in refused.output, "test comes after dev"
    assert alive.exists()


def test_a_lock_of_a_run_that_died_is_broken_before_the_update(scene: Scene) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    dead = scene.lock("dev", process.pid)
    outcome = scene.runner.run("up.yml", "push", {"ref": "refs/heads/main", "after": scene.base}, number=RUN + 4)
    assert outcome.code != 0
    assert "that process is dead" in outcome.output
    assert "Success - Main Preview" in outcome.output
    assert "Failure - Main Update to what was previewed" in outcome.output, "the servers are away"
    assert "the stack is currently locked" not in outcome.output
    assert not dead.exists()


def test_a_night_keeps_one_issue(scene: Scene) -> None:
    for stack in STACKS:
        pulumi(scene.runner.repository, scene.state, "stack", "import", "--stack", stack, given=applied(stack))
    right = scene.runner.secrets["PULUMI_CONFIG_PASSPHRASE"]
    scene.runner.secrets["PULUMI_CONFIG_PASSPHRASE"] = "canary-wrong"
    assert scene.runner.run("drift.yml", "schedule", {}, number=RUN + 6).code != 0
    scene.runner.secrets["PULUMI_CONFIG_PASSPHRASE"] = right
    (opened,) = scene.issues()
    assert is_ours(opened)
    assert "2 looks failed" in opened
    succeeded(scene.runner.run("drift.yml", "schedule", {}, number=RUN + 7), "Look", "Keep the issue")
    assert scene.issues() == []


@pytest.mark.exhaustive
def test_all_that_is_checked_of_a_pull_request_is_well(scene: Scene) -> None:
    outcome = scene.runner.run("check.yml", "pull_request", scene.pull_request(REPOSITORY), job="check", number=RUN + 8)
    succeeded(outcome, "Lint and types", "Unit tests")
