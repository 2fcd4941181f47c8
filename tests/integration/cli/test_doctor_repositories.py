"""What `slipway doctor` says of repositories on GitHub."""

from http import HTTPStatus
from pathlib import Path

import pytest

from tests.github_standin import repositories
from tests.github_standin.repository import Environment, Repository, Sealed
from tests.github_standin.server import Fault, GitHubStandIn
from tests.github_standin.world import Account, Owner
from tests.integration.cli.conftest import OTHERS, Program
from tests.integration.cli.test_doctor import PULUMI, healthy, refusals
from tests.unit.cli.conftest import Slipway

__all__ = ["healthy"]
SECRET = "canary-secret-5be0"
STACK = """
  slipway:github: {{base_url: "{url}/"{token}}}
  slipway:secret-github: {{secure: v1:AAAA:CCCC}}
  slipway:repositories:
    shop:
      owner: acme
      plan: team
      visibility: private
      branch: {{checks: [check]}}
      environments: {{dev: {{secrets: {{STRIPE: {{config: github}}, SESSION: {{generate: 32}}}}}}}}
"""


def declare(folder: Path, standin: GitHubStandIn, token: str = "") -> None:
    """Write a repository into the stack file."""
    stack = folder / "Pulumi.dev.yaml"
    head, salt, rest = stack.read_text(encoding="utf-8").partition("encryptionsalt:")
    stack.write_text(head + STACK.format(url=standin.url, token=token) + salt + rest, encoding="utf-8")


@pytest.fixture
def github(healthy: Path, standin: GitHubStandIn, monkeypatch: pytest.MonkeyPatch) -> GitHubStandIn:
    """Return GitHub with an organisation, signed in to by somebody who may do all."""
    standin.world.owners["acme"] = Owner(number=1)
    standin.world.accounts[OTHERS] = Account(login="bot", scopes=frozenset({"repo"}))
    monkeypatch.setenv("GITHUB_TOKEN", OTHERS)
    monkeypatch.delenv("GITHUB_API_URL")
    declare(healthy, standin)
    return standin


@pytest.fixture
def shop(github: GitHubStandIn) -> Repository:
    """Return the repository on GitHub, with what `up` makes."""
    made = repositories.add(github.world, "acme", {"name": "shop", "visibility": "private"})
    made.environments["dev"] = Environment(thing={"name": "dev"})
    for name, at in (("STRIPE", "2020-01-01T00:00:00Z"), ("SESSION", github.world.now())):
        made.environments["dev"].store.secrets[name] = Sealed(value=SECRET, created_at=at, updated_at=at)
    return made


def test_secrets_are_shown_with_their_age(slipway: Slipway, shop: Repository) -> None:
    shop.environments["dev"].store.secrets["OLD"] = shop.environments["dev"].store.secrets["STRIPE"]
    shown = slipway("doctor", "dev").stdout
    assert refusals(shown) == []
    (line,) = (line for line in shown.splitlines() if "secrets of shop, dev" in line)
    assert "SESSION (today), STRIPE (" in line
    assert " days); besides, declared by nobody here: OLD (" in line
    assert SECRET not in shown


def test_all_pages_of_secrets_are_read(slipway: Slipway, shop: Repository) -> None:
    secrets = shop.environments["dev"].store.secrets
    secrets.update({f"OTHER_{number}": secrets["STRIPE"] for number in range(150)})
    assert "OTHER_149" in slipway("doctor", "dev").stdout


def test_a_repository_that_is_not_there_yet_is_no_mistake(slipway: Slipway, github: GitHubStandIn) -> None:
    shown = slipway("doctor", "dev").stdout
    assert "acme/shop is not there yet: `slipway up` makes it" in " ".join(shown.split()), github
    assert refusals(shown) == []


def test_a_secret_that_is_missing_is_said(slipway: Slipway, shop: Repository) -> None:
    del shop.environments["dev"].store.secrets["STRIPE"]
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert line.endswith("STRIPE not there: `slipway up` sets what is missing.")


def test_a_scope_that_is_missing_is_named_with_what_it_is_for(
    slipway: Slipway, shop: Repository, github: GitHubStandIn
) -> None:
    github.world.accounts[OTHERS] = Account(login="bot", scopes=frozenset({"read:org"}))
    lines = refusals(slipway("doctor", "dev").stdout)
    assert "has no scope `repo`, which it takes to change settings, environments, secrets and keys" in lines[0], shop
    assert [line for line in lines if "no permission `Secrets`, which it takes to give workflows their secrets" in line]


def test_a_token_that_github_does_not_know_is_said_and_not_shown(
    slipway: Slipway, shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary-stale")
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert "GitHub does not know the token in GITHUB_TOKEN (401)" in line, shop
    assert "canary" not in line


def test_no_token_is_said(slipway: Slipway, shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert "GITHUB_TOKEN is not set, and `slipway:github` names no token" in line, shop


def test_a_used_up_limit_is_said(slipway: Slipway, shop: Repository, github: GitHubStandIn) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}
    github.faults.append(Fault(status=HTTPStatus.FORBIDDEN, headers=headers, times=9))
    (line,) = refusals(slipway("doctor", "dev").stdout)
    assert "GitHub's limit is used up" in line, shop


def test_the_stacks_own_token_is_asked_of_pulumi(
    slipway: Slipway, shop: Repository, healthy: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    stack = healthy / "Pulumi.dev.yaml"
    text = stack.read_text(encoding="utf-8").replace('/"}', '/", token: {config: github}}')
    stack.write_text(text, encoding="utf-8")
    answer = f'\nif words[:3] == ["config", "get", "slipway:secret-github"]:\n    print("{OTHERS}")\n'
    program("pulumi", PULUMI.format(version="v3.259.0", passphrase="") + answer)
    shown = slipway("doctor", "dev").stdout
    assert refusals(shown) == [], shop
    assert OTHERS not in shown


def test_the_token_of_a_file_goes_before_that_of_the_environment(
    slipway: Slipway, shop: Repository, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary-of-a-person")
    stack = healthy / "Pulumi.dev.yaml"
    text = stack.read_text(encoding="utf-8").replace('/"}', '/", token: {file: token}}')
    stack.write_text(text, encoding="utf-8")
    (healthy / "token").write_text(f"{OTHERS}\n", encoding="utf-8")
    shown = slipway("doctor", "dev").stdout
    assert refusals(shown) == [], shop
    assert OTHERS not in shown
