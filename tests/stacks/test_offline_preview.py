"""Offline previews under the real engine: no network, no secret, the checkout as it was."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.preview.report import Report, StackReport
from tests.lab.stack import CUT_OFF, ROOT, exports
from tests.tiers import unavailable
from tests.unit.preview.test_revisions import git

CANARY = "canary-27d4"
COMPOSE = "stacks/products/shop/compose.yaml"
SECRETS = "  slipway:secret-stripe: {secure: v1:AAAAAAAA:BBBBcanary-27d4BBBB}\nencryptionsalt:"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone on a branch, with a secret in its stack file that nobody here can decrypt."""
    if os.geteuid() != 0:
        unavailable("only root may cut the network off for a preview")
    folder = tmp_path_factory.mktemp("clone") / "slipway"
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod((ROOT / name).stat().st_mode)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    _edit(folder / "Pulumi.dev.yaml", "encryptionsalt:", SECRETS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "base")
    git(folder, "checkout", "-qb", "branch")
    return folder


@pytest.fixture
def branch(clone: Path) -> Iterator[Path]:
    """Return the clone; what a test does to it is undone."""
    yield clone
    git(clone, "checkout", "-qf", "branch")
    git(clone, "reset", "-q", "--hard", "main")


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} reads otherwise by now"
    path.write_text(text.replace(old, new), encoding="utf-8")


def preview(clone: Path, *arguments: str, code: int = 0) -> Report:
    """Run the command where there is no network, with a canary wherever a secret could be."""
    tools = {**os.environ, **exports(), "PYTHONPATH": str(clone), "NO_COLOR": "1"}
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"):
        tools[name] = CANARY
    run = subprocess.run(
        [*CUT_OFF, "python", "-m", "infra.cli", "preview", *arguments, "--json"],
        cwd=clone,
        env=tools,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert CANARY not in run.stdout + run.stderr
    return Report.parse(run.stdout.encode())


def told(stack: StackReport) -> dict[str, str]:
    return {f"{one.type.rpartition(':')[2]} {one.name.rpartition('-')[0]}": one.kind for one in stack.operations}


def test_two_stacks_whose_service_changes_say_what_changes_and_who_notices(branch: Path) -> None:
    _edit(branch / COMPOSE, "shm_size: 64m", "shm_size: 96m")
    _edit(branch / COMPOSE, "cpus: 0.5", "cpus: 0.4")
    before = git(branch, "status", "--porcelain"), git(branch, "worktree", "list")
    report = preview(branch, "dev", "test", "--offline", "--base", "main")
    assert [stack.name for stack in report.stacks] == ["dev", "test"]
    for stack in report.stacks:
        assert (stack.failure, stack.base_failure) == ("", "")
        assert {one.service: one.text for one in stack.impacts} == {
            "shop/cache": "no change",
            "shop/db": "stop-first ≤ 120 s down",
            "shop/web": "no change",
            "shop/worker": "rolling",
        }
        assert [one.title for one in stack.operations if one.kind == "replace"] == ["Container shop-db"]
        assert [urn.rpartition("::")[2] for urn in stack.destructive] == ["shop-db"]
        assert stack.unchanged > 150
    assert (git(branch, "status", "--porcelain"), git(branch, "worktree", "list")) == before


def test_a_broken_rule_and_a_base_that_does_not_build_are_said(branch: Path) -> None:
    (branch / "__main__.py").write_text("import gone\n", encoding="utf-8")
    git(branch, "commit", "-qam", "broken")
    git(branch, "checkout", "-q", "main", "--", "__main__.py")
    _edit(
        branch / COMPOSE,
        "    read_only: true\n    tmpfs: [/tmp, /run/postgresql]",
        "    tmpfs: [/tmp, /run/postgresql]",
    )
    report = preview(branch, "dev", "--offline", "--base", "HEAD", code=2)
    stack = report.stacks[0]
    assert "gone" in stack.base_failure
    assert {one.rule for one in stack.violations} == {"container_has_a_read_only_root"}


def test_a_head_with_mistakes_is_told_all_of_them(branch: Path) -> None:
    _edit(branch / "Pulumi.dev.yaml", "suite: trixie", "suite: trixie\n      sweet: trixie")
    report = preview(branch, "dev", "--offline", "--base", "main", code=1)
    assert "slipway:servers.main.sweet" in report.stacks[0].failure


def test_a_state_preview_repeats_its_hash_until_something_changes(branch: Path, tmp_path: Path) -> None:
    # Nothing is in this state, so that nothing is read from a server.
    state = tmp_path / "state"
    state.mkdir()
    _edit(branch / "Pulumi.dev.yaml", SECRETS, "encryptionsalt:")
    environment = {**os.environ, **exports(), "PULUMI_BACKEND_URL": f"file://{state}", "PYTHONPATH": str(branch)}
    git(branch, "commit", "-qam", "without a secret")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*CUT_OFF, *command], cwd=branch, env=environment, check=False, capture_output=True, text=True
        )

    assert run("pulumi", "stack", "init", "dev", "--no-select", "--non-interactive").returncode == 0
    slipway = ("python", "-m", "infra.cli")
    path = tmp_path / "preview.json"
    first = json.loads(run(*slipway, "preview", "dev", "--json", "--report", str(path)).stdout)["stacks"][0]
    second = json.loads(run(*slipway, "preview", "dev", "--json").stdout)["stacks"][0]
    assert first["hash"] == second["hash"] != ""
    _edit(branch / COMPOSE, "mem_limit: 64m", "mem_limit: 65m")
    refused = run(*slipway, "up", "dev", "--yes", "--expect", first["hash"], "--approved", str(path))
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "create Container shop-cache comes to other inputs than approved" in refused.stderr
    state_now = json.loads(run("pulumi", "stack", "export", "--stack", "dev").stdout)
    assert not state_now["deployment"].get("resources"), "something was applied"
