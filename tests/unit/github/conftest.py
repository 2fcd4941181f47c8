"""A stack with a repository, and what it registers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.platform import platforms
from stacks.repository import repositories, workflows
from stacks.repository_access import Reviewers
from tests.harness import Registered, render
from tests.unit.config.conftest import CANARY, COMPOSE, Stack

Rendered = Callable[..., list[Registered]]
REVIEWERS = Reviewers(users={"anna": 7}, teams={"ops": 8})


def whole_repository() -> dict[str, Any]:
    """Return a repository that has one of everything."""
    return {
        "owner": "acme",
        "plan": "enterprise",
        "visibility": "public",
        "branch": {"checks": ["check"], "approvals": 2},
        "protected_tags": ["v*"],
        "actions": {"allowed": ["docker/*"]},
        "deploy_keys": {"server": f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43} root@main"},
        "environments": {
            "dev": {
                "deploy": "ssh",
                "secrets": {"STRIPE": {"config": "stripe-key"}, "SESSION": {"generate": 32}},
                "variables": {"REGION": "eu-1"},
            },
            "production": {"reviewers": {"users": ["anna"], "teams": ["ops"]}, "tags": ["v*"], "wait_minutes": 5},
        },
    }


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    found = Stack(tmp_path)
    found.server.update({"profile": "hardened", "suite": "trixie"})
    del found.sections["registries"]
    found.secrets = {"slipway:secret-stripe-key": CANARY}
    found.sections["repositories"] = {"shop": whole_repository()}
    return found


@pytest.fixture
def rendered(stack: Stack) -> Rendered:
    """Return what renders the repositories of the stack, and the servers when asked to."""

    def run(*, servers: bool = False, reviewers: Reviewers = REVIEWERS, preview: bool = False) -> list[Registered]:
        settings = stack.load()

        def program() -> None:
            pulumi.runtime.set_all_config(dict(stack.secrets), list(stack.secrets))
            made = workflows(settings)
            if servers:
                platforms(settings, made.admitted)
            repositories(settings, made, dict.fromkeys(settings.repositories, reviewers))

        return render(program, preview=preview)

    return run
