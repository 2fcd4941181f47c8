"""Every shipped stack previews in a fresh clone: no lab, no network, no state; one with mistakes is refused whole."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.config.monitoring_images import DEFAULTS
from tests.lab.stack import CUT_OFF, ROOT, exports
from tests.tiers import unavailable

WRONG = {
    "  slipway:servers:\n": "  slipway:servers:\n    second: {hots: 127.0.0.12}\n",
    "      suite: trixie\n": "      suite: trixie\n      firewall: {rules: [{port: 0, comment: nothing}]}\n",
    "compose: [stacks/products/shop/compose.yaml]": "compose: [stacks/products/shop/compose.yml]",
}
"""What stands in the stack file → what a person makes of it."""
MISTAKES = (
    "slipway:servers.second.hots: is not a key here; did you mean `host`?",
    "slipway:servers.second.ssh: is missing",
    "slipway:servers.main.firewall.rules[0].port: must be a port from 1 to 65535",
    "stacks/products/shop/compose.yml: this compose file does not exist",
)
IMAGE = f"registry.lab.test:5000/watcher@sha256:{'d' * 64}"
WATCHED = """  slipway:monitoring:
    notifications: {email: {smarthost: "mail.lab.test:25", from: a@lab.test, to: [b@lab.test], require_tls: false}}
    hosts: {main: watch.dev.lab.test}
    grafana: true
"""
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


def test_a_stack_that_is_watched_breaks_no_rule_of_the_pack(clone: Path, environment: dict[str, str]) -> None:
    file, releases = clone / "Pulumi.dev.yaml", clone / "stacks" / "releases" / "dev.yaml"
    shipped = {path: path.read_text(encoding="utf-8") for path in (file, releases)}
    named = "".join(f"  {name}: {{image: {IMAGE}}}\n" for name in sorted(DEFAULTS))
    releases.write_text(f"{shipped[releases].rstrip()}\nmonitoring:\n{named}", encoding="utf-8")
    file.write_text(shipped[file].replace("  slipway:products:", f"{WATCHED}  slipway:products:"), encoding="utf-8")
    try:
        pulumi(clone, environment, "stack", "select", "--create", "dev")
        words = ("--stack", "dev", "--refresh=false", "--policy-pack", "policies/run")
        shown = pulumi(clone, environment, "preview", *words)
    finally:
        for path, text in shipped.items():
            path.write_text(text, encoding="utf-8")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "slipway:monitoring:Monitoring" in shown.stdout
    assert "violation" not in shown.stdout.lower()


def test_an_update_with_mistakes_tells_all_of_them_at_once_and_changes_nothing(
    clone: Path, environment: dict[str, str]
) -> None:
    text = (clone / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    for right, wrong in WRONG.items():
        assert right in text, "the shipped stack file reads otherwise by now"
        text = text.replace(right, wrong)
    (clone / "wrong.yaml").write_text(text, encoding="utf-8")
    made = pulumi(clone, environment, "stack", "init", "wrong", "--no-select")
    assert made.returncode == 0, made.stderr
    stack = ("--stack", "wrong", "--config-file", "wrong.yaml")
    outcome = pulumi(clone, environment, "up", "--yes", "--skip-preview", "--refresh=false", *stack)
    shown = outcome.stdout + outcome.stderr
    assert outcome.returncode != 0
    assert "mistakes to put right, nothing was changed:" in shown
    assert [mistake for mistake in MISTAKES if mistake not in shown] == [], shown
    assert "Traceback" not in shown
    state = pulumi(clone, environment, "stack", "export", "--stack", "wrong").stdout
    kinds = {each["type"] for each in json.loads(state)["deployment"].get("resources", [])}
    assert kinds <= {"pulumi:pulumi:Stack"}
