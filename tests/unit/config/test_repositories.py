"""Repositories in a stack file: what each plan has, what goes together, and what becomes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from infra.config.github_plans import Feature, Plan, Visibility, offers
from infra.config.plain_yaml import parse
from infra.config.repository_settings import DeployKey, RepositorySettings, StackText
from infra.config.section import BY_CONFIG
from infra.config.settings import ConfigSecret, FileSecret, GeneratedSecret
from tests.unit.config.conftest import CANARY, COMPOSE, KEY, Stack, change, remove

SHOP = ("repositories", "shop")
DEV = (*SHOP, "environments", "dev")
PAID = {"pro", "team", "enterprise"}
HAVE: dict[Feature, set[Plan]] = {
    "environments": {"pro", "team", "enterprise"},
    "branch_policy": {"pro", "team", "enterprise"},
    "rulesets": {"pro", "team", "enterprise"},
    "reviewers": {"enterprise"},
    "wait_timer": {"enterprise"},
    "secret_scanning": {"team", "enterprise"},
}
"""What repositories that are not public have, as docs.github.com says; written down apart from the program's table."""
ASKED: dict[Feature, tuple[tuple[str, ...], Any]] = {
    "branch_policy": ((*DEV, "branches"), ["main"]),
    "reviewers": ((*DEV, "reviewers"), {"users": ["anna"]}),
    "wait_timer": ((*DEV, "wait_minutes"), 5),
    "rulesets": ((*SHOP, "protected_tags"), ["v*"]),
    "secret_scanning": ((*SHOP, "secret_scanning"), True),
}
"""Key that asks for a feature, and a value of it."""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    found = Stack(tmp_path)
    found.server.update({"profile": "hardened", "suite": "trixie"})
    found.secrets["slipway:secret-stripe-key"] = CANARY
    found.sections["github"] = {"token": {"config": "stripe-key"}}
    found.sections["repositories"] = {
        "shop": {
            "owner": "acme",
            "plan": "team",
            "visibility": "private",
            "branch": {"checks": ["check"]},
            "environments": {"dev": {"deploy": "ssh", "secrets": {"STRIPE": {"config": "stripe-key"}}}},
        }
    }
    return found


def settings(stack: Stack) -> RepositorySettings:
    return stack.load().repositories["shop"]


@pytest.mark.parametrize("visibility", get_args(Visibility))
@pytest.mark.parametrize("plan", get_args(Plan))
@pytest.mark.parametrize("feature", HAVE)
def test_a_plan_has_what_github_documents(feature: Feature, plan: Plan, visibility: Visibility) -> None:
    assert offers(feature, plan, visibility) == (visibility == "public" or plan in HAVE[feature])


@pytest.mark.parametrize("visibility", ["public", "private"])
@pytest.mark.parametrize("plan", get_args(Plan))
@pytest.mark.parametrize("feature", ASKED)
def test_what_a_plan_lacks_is_refused_where_it_is_asked_for(
    stack: Stack, feature: Feature, plan: Plan, visibility: Visibility
) -> None:
    place, value = ASKED[feature]
    stack.sections["repositories"]["shop"].update({"plan": plan, "visibility": visibility})
    if visibility == "private" and plan == "free":
        remove(*SHOP, "branch")(stack)
    change(*place, to=value)(stack)
    if visibility == "public" or plan in HAVE[feature]:
        assert settings(stack).name == "shop"
        return
    (line,) = stack.mistakes()
    assert line.startswith(f"Pulumi.dev.yaml: slipway:{'.'.join(place)}: GitHub has no ")
    assert f"for private repositories with `plan: {plan}`" in line


@pytest.mark.parametrize("visibility", ["public", "private"])
@pytest.mark.parametrize("plan", get_args(Plan))
def test_what_a_plan_lacks_falls_back_loudly_where_nobody_asked(
    stack: Stack, plan: Plan, visibility: Visibility
) -> None:
    stack.sections["repositories"]["shop"].update({"plan": plan, "visibility": visibility})
    lacks = visibility == "private" and plan == "free"
    if lacks:
        remove(*SHOP, "branch")(stack)
    found = settings(stack)
    assert found.own is not None
    assert found.own.secret_scanning == (visibility == "public")
    said = " ".join(found.notices)
    assert ("no environments with secrets" in said) == lacks
    assert ("no rulesets" in said) == lacks
    assert ("secret scanning is off" in said) == (visibility == "private")
    assert [each.name for each in found.environments] == ([] if lacks else ["dev"])
    assert ("STRIPE" in found.secrets) == lacks, "secrets of an environment that cannot be are the repository's"


CASES: dict[str, tuple[Callable[[Stack], None], str]] = {
    "name that GitHub refuses": (
        change(*SHOP, "name", to="shop.git"),
        (
            "slipway:repositories.shop.name: must be a name that GitHub takes for a repository: letters, digits, `.`, "
            "`-` and `_`, at most 100, not ending in `.git` or `.wiki`"
        ),
    ),
    "secret of GitHub's own name": (
        change(*DEV, "secrets", to={"GITHUB_X": {"generate": 32}}),
        (
            "slipway:repositories.shop.environments.dev.secrets.GITHUB_X: must be a name that GitHub takes: capital "
            "letters, digits and `_`, no digit first and not `GITHUB_…`"
        ),
    ),
    "no plan": (
        remove(*SHOP, "plan"),
        "slipway:repositories.shop.plan: is missing: it decides what GitHub can do for the repository",
    ),
    "no rules for the default branch": (
        remove(*SHOP, "branch"),
        (
            "slipway:repositories.shop.branch: is missing: name the checks that have to be green, as in "
            "`{checks: [check]}`"
        ),
    ),
    "secret that is not set": (
        change(*DEV, "secrets", "STRIPE", "config", to="stripe-kee"),
        (
            "slipway:repositories.shop.environments.dev.secrets.STRIPE.config: is not set: `pulumi config set --secret "
            "slipway:secret-stripe-kee`; did you mean `stripe-key`?"
        ),
    ),
    "token that is not set": (
        change("github", "token", "config", to="github"),
        "slipway:github.token.config: is not set: `pulumi config set --secret slipway:secret-github`",
    ),
    "two sources": (
        change(*DEV, "secrets", "STRIPE", "generate", to=32),
        (
            "slipway:repositories.shop.environments.dev.secrets.STRIPE: must have exactly one of `generate`, `config`, "
            "`output`"
        ),
    ),
    "rotation of what a person has set": (
        change(*DEV, "secrets", "STRIPE", "rotation", to=2),
        (
            "slipway:repositories.shop.environments.dev.secrets.STRIPE: must have `generate` for a `rotation`: what a "
            "person has set is changed by setting it"
        ),
    ),
    "output of no server": (
        change(*DEV, "variables", to={"HOST": {"output": "servers.mian.host"}}),
        (
            "slipway:repositories.shop.environments.dev.variables.HOST.output: names no server of this stack; did you "
            "mean `main`?"
        ),
    ),
    "product that is not there": (
        change(*DEV, "deploy", to={"by": "ssh", "product": "shpo"}),
        (
            "slipway:repositories.shop.environments.dev.deploy.product: must name the product that is deployed; did "
            "you mean `shop`?"
        ),
    ),
    "name that nobody gives": (
        change(*DEV, "deploy", to={"by": "ssh", "names": {"DEPLOY_HOTS": "HOST"}}),
        (
            "slipway:repositories.shop.environments.dev.deploy: has no DEPLOY_HOTS to give another name to: `ssh` "
            "gives DEPLOY_HOST, DEPLOY_USER, DEPLOY_PORT, DEPLOY_SSH_KEY, DEPLOY_KNOWN_HOSTS, DEPLOY_PROJECT_PATH, "
            "DEPLOY_COMPOSE_FILES"
        ),
    ),
    "name that is there twice": (
        change(*DEV, "secrets", to={"DEPLOY_HOST": {"generate": 32}}),
        (
            "slipway:repositories.shop.environments.dev.secrets.DEPLOY_HOST: is given by `deploy` too: give that one "
            "another name by `names`"
        ),
    ),
    "two things of one name": (
        change(*DEV, "deploy", to={"by": "ssh", "names": {"DEPLOY_HOST": "A", "DEPLOY_USER": "A"}}),
        "slipway:repositories.shop.environments.dev.deploy.names: gives two things the name A",
    ),
    "gitops without a token": (
        change(*DEV, "deploy", to={"by": "gitops"}),
        (
            "slipway:repositories.shop.environments.dev.deploy: must have `repository` and `token` for `gitops`: where "
            "a digest is proposed, and by whom"
        ),
    ),
    "key for a server that restricts none": (
        change("servers", "main", "profile", to="minimal"),
        (
            "slipway:repositories.shop.environments.dev.deploy: `ssh` needs `profile: hardened` for server main, which "
            "restricts the deploy user's keys"
        ),
    ),
    "nowhere to come from": (
        change(*DEV, "branches", to=[]),
        (
            "slipway:repositories.shop.environments.dev: no branch and no tag may go there: remove the empty lists for "
            "the default branch"
        ),
    ),
    "reviewers as a list": (
        change(*DEV, "reviewers", to=[CANARY]),
        "slipway:repositories.shop.environments.dev.reviewers: must be a map: write `{users: [anna]}`",
    ),
    "secret in the clear": (
        change(*DEV, "secrets", to={"STRIPE_KEY": CANARY}),
        f"slipway:repositories.shop.environments.dev.secrets.STRIPE_KEY: must be a map: {BY_CONFIG}",
    ),
    "teams of a person": (
        lambda stack: stack.sections["repositories"]["shop"].update(
            {
                "plan": "pro",
                "visibility": "public",
                "environments": {"dev": {"reviewers": {"teams": ["ops"]}}},
            }
        ),
        (
            "slipway:repositories.shop.environments.dev.reviewers.teams: `plan: pro` is a person's, who has no teams: "
            "name users"
        ),
    ),
    "address in the clear": (
        change("github", "base_url", to="http://github.example.com/"),
        "slipway:github.base_url: must be an https address that ends in `/`, such as `https://github.example.com/`",
    ),
    "owner that is no stack": (
        change(*SHOP, to={"owner": "acme", "owned_by": "test", "environments": {"dev": {}}}),
        "slipway:repositories.shop.owned_by: names a stack without a stack file",
    ),
}


@pytest.mark.parametrize(("wrong", "line"), CASES.values(), ids=CASES)
def test_a_mistake_is_one_line_and_shows_no_value(stack: Stack, wrong: Callable[[Stack], None], line: str) -> None:
    wrong(stack)
    lines = stack.mistakes()
    assert lines == [f"Pulumi.dev.yaml: {line}"]
    assert CANARY not in "".join(lines)


def test_the_secrets_of_two_environments_do_not_meet_where_there_is_one_place_for_them(stack: Stack) -> None:
    shop = stack.sections["repositories"]["shop"]
    shop["plan"] = "free"
    del shop["branch"]
    shop["environments"]["test"] = {"deploy": {"by": "ssh", "names": {"DEPLOY_HOST": "TEST_HOST"}}}
    lines = stack.mistakes()
    assert len(lines) == 6
    assert "DEPLOY_SSH_KEY is one of dev too, and this plan has one place for both: rename one" in "\n".join(lines)
    assert "TEST_HOST" not in "\n".join(lines)


def test_a_repository_is_in_a_stack_once(stack: Stack) -> None:
    other = {"owner": "ACME", "name": "shop", "plan": "team", "visibility": "private", "branch": {"checks": ["a"]}}
    stack.sections["repositories"]["again"] = other
    assert [line.rpartition(": ")[0].rpartition(" ")[2] for line in stack.mistakes()] == ["twice", "twice"]


def test_a_deployment_by_ssh_gets_seven_secrets_and_a_key_of_its_own(stack: Stack) -> None:
    change(*DEV, "deploy", to={"by": "ssh", "names": {"DEPLOY_HOST": "DEV_HOST"}, "rotation": 3})(stack)
    (dev,) = settings(stack).environments
    assert dev.secrets == {
        "STRIPE": ConfigSecret(name="stripe-key"),
        "DEV_HOST": StackText(text="192.0.2.1"),
        "DEPLOY_USER": StackText(text="deploy"),
        "DEPLOY_PORT": StackText(text="22"),
        "DEPLOY_SSH_KEY": DeployKey(server="main", environment="dev", rotation=3),
        "DEPLOY_KNOWN_HOSTS": StackText(text=f"192.0.2.1 {KEY}"),
        "DEPLOY_PROJECT_PATH": StackText(text="/srv/dev-shop"),
        "DEPLOY_COMPOSE_FILES": StackText(text="compose.yaml"),
    }
    assert dev.branches == ("main",), "the default branch alone, unless the stack file says otherwise"


def test_the_known_host_of_another_port_names_it(stack: Stack) -> None:
    change("servers", "main", "ssh", "port", to=2222)(stack)
    assert settings(stack).environments[0].secrets["DEPLOY_KNOWN_HOSTS"] == StackText(text=f"[192.0.2.1]:2222 {KEY}")


def test_a_deployment_by_gitops_gets_what_it_takes_to_propose_a_digest(stack: Stack) -> None:
    deploy = {"by": "gitops", "repository": "acme/infrastructure", "token": "stripe-key"}
    stack.sections["repositories"]["shop"]["environments"]["dev"] = {"deploy": deploy}
    (dev,) = settings(stack).environments
    assert dev.secrets == {"GITOPS_TOKEN": ConfigSecret(name="stripe-key")}
    assert {name: each.text for name, each in dev.variables.items()} == {
        "GITOPS_REPOSITORY": "acme/infrastructure",
        "GITOPS_STACK": "dev",
        "GITOPS_PRODUCT": "shop",
    }


def test_a_generated_secret_has_a_length_and_a_rotation(stack: Stack) -> None:
    change(*DEV, "secrets", "STRIPE", to={"generate": 40, "rotation": 2})(stack)
    assert settings(stack).environments[0].secrets["STRIPE"] == GeneratedSecret(length=40, rotation=2)


@pytest.fixture
def guest(stack: Stack) -> Stack:
    """Return a stack that adds an environment to a repository which `test` has."""
    owner = parse("config: {slipway:repositories: {}}")
    owned = {**stack.sections["repositories"]["shop"], "environments": {"test": {}}}
    owner["config"]["slipway:repositories"] = {"shop": owned}
    (stack.root / "Pulumi.test.yaml").write_text(str(owner).replace("'", '"'), encoding="utf-8")
    stack.sections["repositories"]["shop"] = {"owner": "acme", "owned_by": "test", "environments": {"dev": {}}}
    return stack


def test_another_stack_adds_its_environment_and_nothing_else(guest: Stack) -> None:
    found = settings(guest)
    assert found.own is None
    assert (found.plan, [each.name for each in found.environments]) == ("team", ["dev"])


def test_what_the_owner_says_is_not_for_a_guest_to_say(guest: Stack) -> None:
    guest.sections["repositories"]["shop"].update({"wiki": True, "environments": {"test": {}}})
    assert guest.mistakes() == [
        (
            "Pulumi.dev.yaml: slipway:repositories.shop.environments.test: is an environment of stack test already: "
            "choose another name"
        ),
        "Pulumi.dev.yaml: slipway:repositories.shop.wiki: is for stack test to say, which has the repository",
    ]


def test_a_guest_is_held_to_the_owners_plan(guest: Stack) -> None:
    change(*DEV, "wait_minutes", to=5)(guest)
    (line,) = guest.mistakes()
    assert "GitHub has no wait timers for private repositories with `plan: team`" in line


def test_a_stack_that_has_no_such_repository_is_no_owner(guest: Stack) -> None:
    guest.sections["repositories"]["shop"]["name"] = "other"
    (line,) = guest.mistakes()
    assert line.endswith("owned_by: Pulumi.test.yaml has no repository acme/other of its own")


def test_the_token_may_be_in_a_file_which_a_preview_needs_not(stack: Stack) -> None:
    stack.sections["github"] = {"token": {"file": "token"}}
    assert stack.load().github.token == FileSecret(path=stack.root / "token", missing=True)
    assert "token" in stack.load().missing_files
    (stack.root / "token").write_text(f"{CANARY}\n", encoding="utf-8")
    token = stack.load().github.token
    assert isinstance(token, FileSecret)
    assert token.read() == CANARY
    assert CANARY not in repr(token)


def test_an_update_needs_the_file_with_the_token(stack: Stack) -> None:
    stack.sections["github"] = {"token": {"file": "nowhere"}}
    stack.preview = False
    assert any("slipway:github.token.file: names a file that does not exist" in line for line in stack.mistakes())


def test_a_token_has_one_source(stack: Stack) -> None:
    stack.sections["github"] = {"token": {"file": "token", "config": "stripe-key"}}
    (mistake,) = (line for line in stack.mistakes() if "slipway:github.token" in line)
    assert "config" in mistake
    assert "file" in mistake
