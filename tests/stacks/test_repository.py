"""A repository under the real engine, against the stand-in: made, left alone, tampered with, healed and kept."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from infra.cli.differences import REMOTE_TIME
from tests.github_standin.repository import Repository, Sealed
from tests.github_standin.server import GitHubStandIn, running
from tests.github_standin.world import Account, Owner, World
from tests.lab.stack import ROOT, exports
from tests.unit.config.conftest import COMPOSE, KEY, RELEASES

TOKEN = "canary-token-7d21"
CANARY = "canary-secret-19ae"
MOST_CALLS = {True: 45, False: 90}
"""By whether the plugin is the lab's; the vendor's makes four a secret. GitHub's secondary limits begin far above."""
PROGRAM = """
from infra.config.program import settings_from_pulumi
from stacks.repository import repositories, workflows
from stacks.repository_access import require_repositories

settings = settings_from_pulumi()
reviewers = require_repositories(settings)
repositories(settings, workflows(settings), reviewers)
"""
PROJECT = """
name: slipway
runtime: python
options: {refresh: always}
"""


def sections(url: str) -> dict[str, Any]:
    """Return a stack with one repository, three environments and twelve secrets."""
    return {
        "pulumi:disable-default-providers": ["*"],
        "slipway:github": {"base_url": f"{url}/"},
        "slipway:servers": {
            "main": {
                "host": "127.0.0.11",
                "ssh": {"host_key": KEY},
                "admin_keys": [KEY],
                "profile": "hardened",
                "suite": "trixie",
            }
        },
        "slipway:products": {
            "shop": {
                "server": "main",
                "compose": ["compose.yaml"],
                "env": {"URL": "none"},
                "secrets": {"db_password": {"generate": 32}},
            }
        },
        "slipway:repositories": {
            "shop": {
                "owner": "acme",
                "plan": "team",
                "visibility": "private",
                "description": "The shop",
                "secret_scanning": True,
                "branch": {"checks": ["check"]},
                "deploy_keys": {"server": KEY},
                "environments": {
                    "dev": {"deploy": {"by": "ssh", "names": {"DEPLOY_HOST": "DEV_HOST"}}},
                    "test": {"secrets": {"A": {"generate": 32}, "B": {"generate": 32}, "C": {"generate": 32}}},
                    "production": {
                        "secrets": {"STRIPE": {"config": "stripe-key"}, "HOST": {"output": "servers.main.host"}},
                    },
                },
            }
        },
    }


@dataclass(kw_only=True)
class Shell:
    """A person's shell in a project of its own."""

    folder: Path
    environment: dict[str, str]
    github: GitHubStandIn
    printed: list[str] = field(default_factory=list)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run Pulumi to its end."""
        return self._end("pulumi", *arguments, "--non-interactive", "--stack", "dev", stdin=stdin)

    def _end(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += [done.stdout, done.stderr]
        return done

    def expect(self, *arguments: str, stdin: str = "") -> str:
        """Run Pulumi and return what it printed; it has to end well."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def changes(self) -> dict[str, str]:
        """Return what a preview would do: name with type to the operation."""
        steps = json.loads(self.expect("preview", "--json"))["steps"]
        return {
            "::".join(step["urn"].split("$")[-1].split("::")): step["op"]
            for step in steps
            if step["op"] not in {"same", "read", "refresh"}
        }

    def drift(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the exit code of `slipway drift`, and what it has found."""
        done = self._end("slipway", "drift", "dev", "--json")
        found: list[dict[str, Any]] = json.loads(done.stdout)["differences"]
        return done.returncode, found

    def say(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the stack file."""
        path = self.folder / "Pulumi.dev.yaml"
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document["config"])
        path.write_text(json.dumps(document), encoding="utf-8")

    @property
    def repository(self) -> Repository:
        """The repository on GitHub."""
        return self.github.world.repositories["acme/shop"]

    def secrets(self, environment: str) -> Mapping[str, Sealed]:
        """Return the secrets of an environment, opened."""
        return self.repository.environments[environment].store.secrets


@contextmanager
def opened(folder: Path) -> Iterator[Shell]:
    """Make a project in a folder, with a GitHub of its own."""
    owners = {"acme": Owner(number=1, members=frozenset({"anna"}), teams=frozenset({"ops"}))}
    accounts = {TOKEN: Account(login="bot", scopes=frozenset({"repo", "read:org"}))}
    world = World(accounts=accounts, owners=owners, users={"anna": 11, "eve": 12})
    with running(world) as github:
        (folder / "state").mkdir()
        (folder / "stacks" / "releases").mkdir(parents=True)
        (folder / "stacks" / "releases" / "dev.yaml").write_text(
            json.dumps({"shop": RELEASES["shop"]}), encoding="utf-8"
        )
        (folder / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
        (folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        (folder / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
        environment = {
            **os.environ,
            **exports(),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_TOKEN": TOKEN,
            "NO_COLOR": "1",
        }
        environment.pop("SLIPWAY_RELEASES", None)
        shell = Shell(folder=folder, environment=environment, github=github)
        shell.expect("stack", "init")
        _write_config(shell)
        yield shell


def _write_config(shell: Shell) -> None:
    """Write the stack file, as JSON, which YAML is too; what Pulumi has encrypted is in it."""
    shell.expect("config", "set", "--secret", "slipway:secret-stripe-key", stdin=CANARY)
    path = shell.folder / "Pulumi.dev.yaml"
    written = dict(line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines() if ": " in line)
    secure = {"secure": written["    secure"].strip()}
    config = {**sections(shell.github.url), "slipway:secret-stripe-key": secure}
    path.write_text(json.dumps({"config": config, "encryptionsalt": written["encryptionsalt"]}), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Return a project whose repository has been made."""
    with opened(tmp_path_factory.mktemp("repository")) as shell:
        shell.expect("up", "--yes", "--skip-preview")
        yield shell


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Shell]:
    """Return a project whose repository is still to be made."""
    with opened(tmp_path) as shell:
        yield shell


def test_a_repository_is_made_with_few_calls_and_is_then_left_alone(made: Shell) -> None:
    calls = list(made.github.world.calls)
    is_ours = any(Path(made.environment["PULUMI_HOME"]).glob("plugins/resource-github-*/standin"))
    assert len(calls) <= MOST_CALLS[is_ours], "\n".join(f"{call.method} {call.path}" for call in calls)
    assert sum(len(each.store.secrets) for each in made.repository.environments.values()) == 12
    made.expect("preview", "--expect-no-changes")
    made.expect("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_github_gets_the_secrets_themselves_and_nobody_else_does(made: Shell) -> None:
    dev, production = made.secrets("dev"), made.secrets("production")
    assert {name: each.value for name, each in production.items()} == {"STRIPE": CANARY, "HOST": "127.0.0.11"}
    assert {name: each.value for name, each in dev.items() if name != "DEPLOY_SSH_KEY"} == {
        "DEV_HOST": "127.0.0.11",
        "DEPLOY_USER": "deploy",
        "DEPLOY_PORT": "22",
        "DEPLOY_KNOWN_HOSTS": f"127.0.0.11 {KEY}",
        "DEPLOY_PROJECT_PATH": "/srv/dev-shop",
        "DEPLOY_COMPOSE_FILES": "compose.yaml",
    }
    key = dev["DEPLOY_SSH_KEY"].value
    assert load_ssh_private_key(key.encode(), password=None) is not None
    state = made.expect("stack", "export")
    files = [path.read_text(encoding="utf-8") for path in (made.folder / "state").rglob("*.json*")]
    for shown in (*made.printed, state, *files):
        for secret in (CANARY, TOKEN, key.splitlines()[1]):
            assert secret not in shown


TAMPERINGS: dict[str, Callable[[Repository, World], object]] = {
    "repository:Repository::shop": lambda found, _: found.settings.update({"has_wiki": True}),
    "repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts::shop": lambda found, _: setattr(
        found, "alerts", False
    ),
    "repositoryRuleset:RepositoryRuleset::shop-default-branch": lambda found, _: next(
        iter(found.rulesets.values())
    ).update({"enforcement": "disabled"}),
    "actionsRepositoryPermissions:ActionsRepositoryPermissions::shop": lambda found, _: found.actions.update(
        {"allowed_actions": "all"}
    ),
    "workflowRepositoryPermissions:WorkflowRepositoryPermissions::shop": lambda found, _: found.token.update(
        {"default_workflow_permissions": "write"}
    ),
    "repositoryDeployKey:RepositoryDeployKey::shop-server": lambda found, _: found.keys.clear(),
    "repositoryEnvironment:RepositoryEnvironment::shop-production": lambda found, _: found.environments[
        "production"
    ].thing.update({"can_admins_bypass": True}),
    "repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy::shop-test-branch-main": (
        lambda found, _: next(iter(found.environments["test"].policies.values())).update({"name": "*"})
    ),
    "actionsEnvironmentSecret:ActionsEnvironmentSecret::shop-test-A": lambda found, _: found.environments[
        "test"
    ].store.secrets.pop("A"),
}
"""Resource as a preview names it to what somebody does to it on GitHub."""


def test_what_somebody_changed_is_shown_and_put_back(made: Shell) -> None:
    repository, world = made.repository, made.github.world
    before = {name: made.secrets("test")[name].value for name in ("A", "B", "C")}
    for tamper in TAMPERINGS.values():
        tamper(repository, world)
    shown = made.changes()
    assert {name.partition("/")[2] for name in shown} >= set(TAMPERINGS), shown
    assert len(shown) <= len(TAMPERINGS) + 1, shown
    made.expect("up", "--yes", "--skip-preview")
    assert repository.settings["has_wiki"] is False
    assert repository.alerts
    assert [each["enforcement"] for each in repository.rulesets.values()] == ["active"]
    assert repository.actions["allowed_actions"] == "selected"
    assert repository.token["default_workflow_permissions"] == "read"
    assert [each["title"] for each in repository.keys.values()] == ["server"]
    assert repository.environments["production"].thing["can_admins_bypass"] is False
    assert [each["name"] for each in repository.environments["test"].policies.values()] == ["main"]
    assert {name: made.secrets("test")[name].value for name in before} == before
    made.expect("preview", "--expect-no-changes")


def test_a_secret_that_somebody_set_is_told_by_the_time_of_that_and_replaced(made: Shell) -> None:
    now = made.github.world.now()
    kept = made.repository.environments["production"].store.secrets
    kept["STRIPE"] = Sealed(value="mine", created_at=now, updated_at=now)
    code, found = made.drift()
    ((urn, changed),) = ((one["urn"], one["property"]) for one in found)
    assert (code, changed, urn.rpartition("::")[2]) == (2, REMOTE_TIME, "shop-production-STRIPE")
    made.expect("up", "--yes", "--skip-preview", "--replace", urn)
    assert made.secrets("production")["STRIPE"].value == CANARY
    made.expect("preview", "--expect-no-changes")


def test_a_repository_and_its_rules_outlive_the_stack(made: Shell) -> None:
    made.expect("state", "unprotect", "--all", "--yes")
    made.expect("destroy", "--yes", "--skip-preview")
    repository = made.repository
    assert repository.environments == {}
    assert len(repository.rulesets) == 1
    assert repository.actions["allowed_actions"] == "selected"


def test_one_that_is_there_is_not_overwritten_but_taken_over_as_it_is(made: Shell) -> None:
    made.repository.settings.update({"has_wiki": True, "description": "theirs"})
    made.repository.rulesets.clear()
    refused = made.run("up", "--yes", "--skip-preview")
    shown = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert "acme/shop is there already, and nothing of it was changed: `adopt: true`" in shown
    assert "Traceback" not in shown
    assert made.repository.settings["description"] == "theirs"
    made.say(lambda config: config["slipway:repositories"]["shop"].update({"adopt": True}))
    made.expect("up", "--yes", "--skip-preview")
    assert made.repository.settings["description"] == "theirs", "its settings stay until `adopt` is gone"
    made.say(lambda config: config["slipway:repositories"]["shop"].pop("adopt"))
    made.expect("up", "--yes", "--skip-preview")
    assert made.repository.settings["description"] == "The shop"
    made.expect("preview", "--expect-no-changes")


REFUSALS: dict[str, tuple[Callable[[Shell], object], str]] = {
    "token without a scope": (
        lambda shell: shell.github.world.accounts.update({TOKEN: Account(login="bot", scopes=frozenset({"gist"}))}),
        (
            "repositories.shop: the token has no scope `repo`, which it takes to change settings, environments, "
            "secrets and keys of acme/shop"
        ),
    ),
    "no such organisation": (
        lambda shell: shell.github.world.owners.clear(),
        "repositories.shop: GitHub has no organisation or user acme",
    ),
    "no token": (
        lambda shell: shell.environment.update({"GITHUB_TOKEN": ""}),
        "repositories.shop: there is no token: set GITHUB_TOKEN, or name a secret in `slipway:github`",
    ),
    "token that nobody knows": (
        lambda shell: shell.environment.update({"GITHUB_TOKEN": "canary-unknown"}),
        "repositories.shop: GitHub does not know the token",
    ),
    "nothing to take over": (
        lambda shell: shell.say(lambda config: config["slipway:repositories"]["shop"].update({"adopt": True})),
        "repositories.shop: GitHub has no acme/shop, or hides it from this token",
    ),
    "reviewers who are none": (
        lambda shell: shell.say(
            lambda config: config["slipway:repositories"]["shop"].update(
                {
                    "visibility": "public",
                    "environments": {
                        "production": {"reviewers": {"users": ["anna", "eve", "nobody"], "teams": ["ops", "qa"]}}
                    },
                }
            )
        ),
        "repositories.shop: eve, who is to review, is neither a member of acme nor a collaborator",
    ),
}


def test_what_github_would_refuse_is_said_before_anything_is_made(fresh: Shell) -> None:
    accounts, owners = dict(fresh.github.world.accounts), dict(fresh.github.world.owners)
    environment = dict(fresh.environment)
    stack_file = (fresh.folder / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    for case, (wrong, sentence) in REFUSALS.items():
        wrong(fresh)
        outcome = fresh.run("up", "--yes", "--skip-preview")
        shown = outcome.stdout + outcome.stderr
        assert outcome.returncode != 0, case
        assert " ".join(sentence.split()) in " ".join(shown.split()), f"{case}: {shown}"
        assert "Traceback" not in shown, case
        assert fresh.github.world.made("POST", "PUT", "PATCH", "DELETE") == [], case
        fresh.github.world.accounts, fresh.github.world.owners = dict(accounts), dict(owners)
        fresh.environment = dict(environment)
        (fresh.folder / "Pulumi.dev.yaml").write_text(stack_file, encoding="utf-8")
