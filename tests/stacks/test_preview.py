"""Every shipped stack previews in a fresh clone: no lab, no network, no state."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.stack import CUT_OFF, ROOT, exports
from tests.tiers import unavailable

STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what git knows, with the tools but without the lab."""
    folder = tmp_path_factory.mktemp("clone") / "slipway"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@pytest.fixture(scope="module")
def environment(clone: Path) -> dict[str, str]:
    """Return the environment of a person who has just run `make tools`."""
    if os.geteuid() != 0:
        unavailable("only root may cut the network off for a preview")
    state = clone.parent / "state"
    state.mkdir()
    tools = {**os.environ, **exports()}
    tools.pop("SLIPWAY_RELEASES", None)
    return {**tools, "PULUMI_BACKEND_URL": f"file://{state}", "NO_COLOR": "1"}


def pulumi(clone: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the CLI where there is no network."""
    return subprocess.run(
        [*CUT_OFF, "pulumi", *arguments, "--non-interactive"],
        cwd=clone,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_a_shipped_stack_previews_offline_with_the_policy_pack(
    clone: Path, environment: dict[str, str], stack: str
) -> None:
    made = pulumi(clone, environment, "stack", "init", stack)
    assert made.returncode == 0, made.stderr
    shown = pulumi(clone, environment, "preview", "--stack", stack, "--refresh=false", "--policy-pack", "policies/run")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "slipway:services:Product" in shown.stdout
    assert "violation" not in shown.stdout.lower()
