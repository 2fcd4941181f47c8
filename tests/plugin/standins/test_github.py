"""The stand-in for pulumi-github, and the vendor's plugin where it is installed, against the same GitHub."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import pytest

from infra.host.plugin.serving import start
from infra.host.plugin.values import Secret
from tests.github_standin import repositories
from tests.github_standin.documented import description
from tests.github_standin.repository import Repository
from tests.github_standin.server import Fault, GitHubStandIn, running
from tests.github_standin.world import Account, Owner, World
from tests.lab.plugins.github.provider import GitHub
from tests.plugin.standins.client import Client, sentence
from tests.plugin.standins.conftest import makers, serve_vendor

TOKEN = "canary-token-44ac"
CANARY = "canary-value-09e1"
KEY = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}"
PLACE = {"repository": "shop", "environment": "dev"}
POLICY = {"protectedBranches": False, "customBranchPolicies": True}
RULES = {
    "deletion": True,
    "nonFastForward": True,
    "pullRequest": {"requiredApprovingReviewCount": 1, "requireLastPushApproval": True},
    "requiredStatusChecks": {"requiredChecks": [{"context": "check"}], "strictRequiredStatusChecksPolicy": True},
}
CONDITIONS = {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}}
SCANNING = {"secretScanning": {"status": "enabled"}, "secretScanningPushProtection": {"status": "enabled"}}


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one type is made with and changed to, and what somebody does to it in between."""

    wanted: dict[str, Any]
    changed: dict[str, Any]
    tamper: Callable[[Repository], object]
    needs: str = ""
    """What has to be there: a `repository`, or an `environment` in it."""
    ignored: tuple[str, ...] = ()
    """What the program has the engine ignore."""
    is_seen: bool = True
    """Whether a preview makes anything of it."""


def _environment(found: Repository) -> Any:
    return found.environments["dev"]


LIVES = {
    "repository:Repository": Life(
        wanted={"name": "shop", "visibility": "public", "description": "a", "securityAndAnalysis": SCANNING},
        changed={"description": "b", "topics": ["x"]},
        tamper=lambda found: found.settings.update({"has_wiki": True}),
        ignored=("hasDownloads",),
    ),
    "repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts": Life(
        wanted={"repository": "shop", "enabled": True},
        changed={"enabled": False},
        tamper=lambda found: setattr(found, "alerts", False),
        needs="repository",
    ),
    "repositoryRuleset:RepositoryRuleset": Life(
        wanted={
            "repository": "shop",
            "name": "main",
            "target": "branch",
            "enforcement": "active",
            "conditions": CONDITIONS,
            "rules": RULES,
        },
        changed={"rules": {"deletion": True, "update": True}},
        tamper=lambda found: next(iter(found.rulesets.values()))["rules"].pop(),
        needs="repository",
    ),
    "actionsRepositoryPermissions:ActionsRepositoryPermissions": Life(
        wanted={
            "repository": "shop",
            "enabled": True,
            "allowedActions": "selected",
            "shaPinningRequired": True,
            "allowedActionsConfig": {"githubOwnedAllowed": True, "patternsAlloweds": ["docker/*"]},
        },
        changed={"allowedActionsConfig": {"githubOwnedAllowed": False, "patternsAlloweds": []}},
        tamper=lambda found: found.selected.update({"patterns_allowed": ["*"]}),
        needs="repository",
    ),
    "workflowRepositoryPermissions:WorkflowRepositoryPermissions": Life(
        wanted={"repository": "shop", "defaultWorkflowPermissions": "read"},
        changed={"defaultWorkflowPermissions": "write"},
        tamper=lambda found: found.token.update({"can_approve_pull_request_reviews": True}),
        needs="repository",
    ),
    "repositoryDeployKey:RepositoryDeployKey": Life(
        wanted={"repository": "shop", "title": "server", "key": KEY, "readOnly": True},
        changed={},
        tamper=lambda found: next(iter(found.keys.values())).update({"read_only": False}),
        needs="repository",
    ),
    "repositoryEnvironment:RepositoryEnvironment": Life(
        wanted={
            **PLACE,
            "canAdminsBypass": False,
            "deploymentBranchPolicy": POLICY,
            "waitTimer": 5,
            "reviewers": [{"users": [11], "teams": [100]}],
            "preventSelfReview": True,
        },
        changed={"waitTimer": 7},
        tamper=lambda found: _environment(found).thing["protection_rules"].pop(0),
        needs="repository",
    ),
    "repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": Life(
        wanted={**PLACE, "branchPattern": "main"},
        changed={"branchPattern": "release/*"},
        tamper=lambda found: next(iter(_environment(found).policies.values())).update({"name": "*"}),
        needs="environment",
    ),
    "actionsEnvironmentSecret:ActionsEnvironmentSecret": Life(
        wanted={**PLACE, "secretName": "A", "value": Secret(CANARY)},
        changed={"value": Secret("another")},
        tamper=lambda found: setattr(_environment(found).store.secrets["A"], "updated_at", "2030-01-01T00:00:00Z"),
        is_seen=False,
        needs="environment",
    ),
    "actionsEnvironmentVariable:ActionsEnvironmentVariable": Life(
        wanted={**PLACE, "variableName": "A", "value": "one"},
        changed={"value": "two"},
        tamper=lambda found: _environment(found).store.variables["A"].update({"value": "theirs"}),
        needs="environment",
    ),
    "actionsSecret:ActionsSecret": Life(
        wanted={"repository": "shop", "secretName": "A", "value": Secret(CANARY)},
        changed={"value": Secret("another")},
        tamper=lambda found: setattr(found.store.secrets["A"], "updated_at", "2030-01-01T00:00:00Z"),
        is_seen=False,
        needs="repository",
    ),
    "actionsVariable:ActionsVariable": Life(
        wanted={"repository": "shop", "variableName": "A", "value": "one"},
        changed={"value": "two"},
        tamper=lambda found: found.store.variables["A"].update({"value": "theirs"}),
        needs="repository",
    ),
}
"""Type to its life, in an order in which each finds what it needs."""


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    """Return GitHub with an organisation on the largest plan."""
    owner = Owner(number=1, plan="enterprise", members=frozenset({"anna"}), teams=frozenset({"ops"}))
    world = World(accounts={TOKEN: Account(login="bot")}, owners={"acme": owner}, users={"anna": 11})
    with running(world) as standin:
        yield standin


@pytest.fixture(params=makers("github"))
def maker(request: pytest.FixtureRequest) -> str:
    """Return whose plugin it is."""
    return str(request.param)


@pytest.fixture
def plugin(maker: str, github: GitHubStandIn) -> Iterator[Client]:
    """Return the stand-in for the plugin, then the vendor's where it is installed."""
    config = {"owner": "acme", "baseUrl": f"{github.url}/", "token": TOKEN, "legacyClient": "false"}
    if maker == "vendor":
        yield from serve_vendor("github", config)
        return
    provider = GitHub()
    server, port = start(provider)
    client = Client("github", port, config)
    yield client
    client.close()
    server.stop(None).wait()
    provider.close()


def prepared(github: GitHubStandIn, plugin: Client, life: Life) -> None:
    """Make what a type needs."""
    if life.needs:
        repositories.add(github.world, "acme", {"name": "shop", "visibility": "public"})
    if life.needs == "environment":
        wanted = {**PLACE, "deploymentBranchPolicy": POLICY}
        plugin.create("github:index/repositoryEnvironment:RepositoryEnvironment", wanted)


@pytest.mark.parametrize("kind", LIVES)
def test_a_resource_is_made_left_alone_shown_as_changed_healed_and_deleted(
    github: GitHubStandIn, plugin: Client, kind: str
) -> None:
    life, token = LIVES[kind], f"github:index/{kind}"
    prepared(github, plugin, life)
    difference = partial(plugin.difference, ignored=life.ignored)
    made = plugin.create(token, life.wanted)
    read = plugin.read(made)
    assert read is not None
    assert not difference(made, life.wanted).changed
    assert not difference(read, life.wanted).changed, "a refresh shows what nobody has changed"
    life.tamper(github.world.repositories["acme/shop"])
    tampered = plugin.read(made)
    assert tampered is not None
    found = difference(tampered, life.wanted)
    assert found.changed == life.is_seen
    assert life.is_seen or tampered.outputs["updatedAt"] != tampered.outputs["remoteUpdatedAt"]
    if not found.replaces:
        healed = plugin.update(tampered, life.wanted)
        assert not difference(healed, life.wanted).changed
        other = plugin.update(healed, {**life.wanted, **life.changed})
        assert difference(other, life.wanted).changed
        made = other
    plugin.delete(made)


def test_requests_and_answers_are_those_that_github_documents(github: GitHubStandIn, plugin: Client) -> None:
    described = description()
    for kind, life in LIVES.items():
        made = plugin.create(f"github:index/{kind}", life.wanted)
        plugin.read(made)
        if life.changed:
            plugin.update(made, {**life.wanted, **life.changed})
    found = [line for answer in github.world.answers for line in described.complaints(answer)]
    assert found == []
    assert len(github.world.answers) > len(LIVES)


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
def test_a_refusal_is_a_sentence_without_the_secret(
    github: GitHubStandIn, plugin: Client, maker: str, status: int
) -> None:
    life = LIVES["actionsEnvironmentSecret:ActionsEnvironmentSecret"]
    prepared(github, plugin, life)
    github.faults.append(Fault(status=status, method="PUT", times=9))
    with pytest.raises(grpc.RpcError) as error:
        plugin.create("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", life.wanted)
    # The vendor's plugin tries again what GitHub itself failed at, and then does not say how it failed.
    expected = "giving up after" if (maker, status) == ("vendor", 500) else str(status)
    assert expected in sentence(error.value)
    assert CANARY not in sentence(error.value)


def test_github_opens_what_was_sealed_with_its_key(github: GitHubStandIn, plugin: Client) -> None:
    life = LIVES["actionsSecret:ActionsSecret"]
    prepared(github, plugin, life)
    plugin.create("github:index/actionsSecret:ActionsSecret", life.wanted)
    assert github.world.repositories["acme/shop"].store.secrets["A"].value == CANARY
    sent = [call.content for call in github.world.made("PUT")]
    assert CANARY not in str(sent)


def test_a_repository_that_was_deleted_by_hand_is_made_again(github: GitHubStandIn, plugin: Client) -> None:
    life = LIVES["repository:Repository"]
    made = plugin.create("github:index/repository:Repository", life.wanted)
    github.world.repositories.clear()
    assert plugin.read(made) is None


def test_a_person_has_repositories_too(github: GitHubStandIn, plugin: Client) -> None:
    github.world.owners = {"acme": Owner(number=1, is_organisation=False)}
    github.world.accounts = {TOKEN: Account(login="acme")}
    plugin.create("github:index/repository:Repository", LIVES["repository:Repository"].wanted)
    assert list(github.world.repositories) == ["acme/shop"]


@pytest.mark.parametrize(
    ("plan", "kind", "status"),
    [
        ("free", "repositoryRuleset:RepositoryRuleset", "403"),
        ("free", "repositoryEnvironment:RepositoryEnvironment", "403"),
        ("team", "repositoryEnvironment:RepositoryEnvironment", "422"),
    ],
)
def test_github_refuses_what_a_plan_has_not_for_private_repositories(
    github: GitHubStandIn, plugin: Client, plan: str, kind: str, status: str
) -> None:
    github.world.owners = {"acme": Owner(number=1, plan=plan)}
    repositories.add(github.world, "acme", {"name": "shop", "visibility": "private"})
    with pytest.raises(grpc.RpcError) as error:
        plugin.create(f"github:index/{kind}", LIVES[kind].wanted)
    assert status in sentence(error.value)
