"""How the program hands over to the SDK, under the real engine."""

import os
from pathlib import Path

from tests.lab.stack import ROOT, exports, run

PATIENCE_SECONDS = 600
RESOURCES = 8
PROGRAM = f"""
import asyncio

import pulumi
import pulumi_random as random

from stacks import registrations


async def ask(_: pulumi.ResourceHookArgs) -> None:
    await asyncio.to_thread(int)


async def program() -> None:
    registrations.open_threads()
    provider = random.Provider("random")
    hooks = pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook("ask", ask)])
    for number in range({RESOURCES}):
        options = pulumi.ResourceOptions(provider=provider, hooks=hooks)
        random.RandomPassword(f"password-{{number}}", length=32, opts=options)
    await registrations.begin()


pulumi.run(program)
"""


def test_more_resources_than_the_sdk_has_threads_wait_for_hooks_that_need_one(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        f"name: threads\nruntime: {{name: python, options: {{virtualenv: {ROOT / '.venv'}}}}}\n", encoding="utf-8"
    )
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    backend = {"PULUMI_BACKEND_URL": f"file://{state}", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **exports(), **backend}

    run(tmp_path, environment, "pulumi", "stack", "init", "dev")
    # The SDK has four threads for each operation at once.
    up = ("pulumi", "up", "--yes", "--skip-preview", "--parallel", "1", "--stack", "dev")
    assert f"{RESOURCES + 2} created" in run(tmp_path, environment, *up, patience=PATIENCE_SECONDS)
