"""The workflows `up` and `drift` on the lab's servers, as a runner beside them would run them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_standin.server import GitHubStandIn, running
from tests.github_standin.world import ACTIONS, Account, World
from tests.lab.conftest import Workshop, Workshops
from tests.lab.moments import before
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.unit.preview.test_revisions import git
from tests.workflows.furnish import RELEASES
from tests.workflows.runner import REPOSITORY, Runner, make_repository
from tools.paths import PASSPHRASE, STATE

TOKEN = "canary-token-8d15"
PUSH = {"ref": "refs/heads/main"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose default branch is what is checked out here."""
    return make_repository(tmp_path_factory.mktemp("workflows") / "repository")


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    accounts = {TOKEN: Account(login=ACTIONS, is_installation=True)}
    with running(World(repository=REPOSITORY, accounts=accounts)) as standin:
        yield standin


@pytest.fixture
def runner(dev: Workshop, github: GitHubStandIn, repository: Path, tmp_path: Path) -> Runner:
    """Return a runner that works on the lab's own state, with the release files of `dev`'s workshop for both stacks."""
    return Runner(
        repository=repository,
        folder=tmp_path,
        variables={"PULUMI_BACKEND_URL": f"file://{STATE}"},
        secrets={"GITHUB_TOKEN": TOKEN, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE.read_text().strip()},
        environment={"GITHUB_API_URL": github.url, RELEASES: str(dev.folder)},
    )


def open_issues(github: GitHubStandIn) -> list[str]:
    return [one["body"] for one in github.world.issues.values() if one["state"] == "open"]


def test_what_was_merged_is_applied_to_dev_and_then_to_test(
    runner: Runner, dev: Workshop, workshops: Workshops
) -> None:
    other = workshops["test"]
    other.settle()
    dev.release("web", "v2")
    other.release("web", "v2")
    # Both stacks are updated with the release files of one folder.
    (dev.folder / "test.yaml").write_bytes((other.folder / "test.yaml").read_bytes())
    outcome = runner.run("up.yml", "push", {**PUSH, "after": git(runner.repository, "rev-parse", "HEAD")})
    outcome.expect_success()
    assert [Shop(stack).ask("/").release for stack in ("dev", "test")] == ["v2", "v2"]
    assert outcome.output.count("Success - Main Update to what was") == 2
    assert "up/prod" not in outcome.output, "there is no such stack"
    assert runner.artifact(1, "test").is_dir(), "the report that is approved"


@pytest.mark.exhaustive
def test_an_update_after_a_killed_one_breaks_its_lock_and_converges(
    runner: Runner, dev: Workshop, tmp_path: Path
) -> None:
    dev.release("web", "v2")
    moment = before("create", "host:index:Ready")
    dev.stack.kill_when(moment, tmp_path / "events.json", plugins=True)
    outcome = runner.run("up.yml", "push", PUSH, job="dev")
    outcome.expect_success()
    assert "that process is dead" in outcome.output
    assert Shop("dev").ask("/").release == "v2"


@pytest.mark.exhaustive
def test_a_night_opens_an_issue_about_what_somebody_changed_and_closes_it_once_that_is_undone(
    runner: Runner, dev: Workshop, workshops: Workshops, github: GitHubStandIn
) -> None:
    workshops["test"].settle()
    LabServer("dev").shell("echo '# canary-value' >> /srv/slipway/edge/traefik.yml")
    runner.run("drift.yml", "schedule", {}).expect_success()
    (opened,) = open_issues(github)
    assert "main-edge-settings" in opened
    assert "canary-value" not in opened
    dev.stack.up().expect_success()
    runner.run("drift.yml", "schedule", {}).expect_success()
    assert open_issues(github) == []
