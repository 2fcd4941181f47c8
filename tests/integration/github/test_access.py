"""What is found out of a repository, its reviewers and the token before anything is declared."""

from collections.abc import Iterator

import pytest

from infra.config.repository_settings import EnvironmentSettings, GitHubSettings, RepositorySettings
from infra.github.access import Found, find, sign_in, wanted
from tests.github_standin import repositories
from tests.github_standin.server import GitHubStandIn, running
from tests.github_standin.world import Account, Owner, World

TOKEN = "canary-token-2b7e"
ALL = frozenset({"repo", "read:org"})


def settings(*, users: tuple[str, ...] = (), teams: tuple[str, ...] = ()) -> RepositorySettings:
    """Return a repository that another stack has, with an environment that is reviewed."""
    environment = EnvironmentSettings(
        name="production",
        branches=("main",),
        tags=(),
        users=users,
        teams=teams,
        wait_minutes=0,
        self_review=False,
        admins_bypass=False,
        secrets={},
        variables={},
    )
    return RepositorySettings(
        key="shop",
        owner="acme",
        name="shop",
        plan="enterprise",
        own=None,
        environments=(environment,),
        secrets={},
        variables={},
        notices=(),
    )


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    """Return GitHub with a repository of an organisation."""
    owner = Owner(number=1, members=frozenset({"anna"}), teams=frozenset({"ops"}))
    people = {"anna": 11, "eve": 12, "carl": 13}
    world = World(accounts={TOKEN: Account(login="bot", scopes=ALL)}, owners={"acme": owner}, users=people)
    repositories.add(world, "acme", {"name": "shop", "visibility": "private"}).collaborators.add("carl")
    with running(world) as standin:
        yield standin


def asked(github: GitHubStandIn, repository: RepositorySettings) -> Found:
    """Ask GitHub as an `up` does."""
    with sign_in(GitHubSettings(token=None, base_url=f"{github.url}/"), repository, TOKEN) as client:
        return find(client, wanted(repository))


def test_members_collaborators_and_teams_are_known_by_id(github: GitHubStandIn) -> None:
    found = asked(github, settings(users=("anna", "carl"), teams=("ops",)))
    assert found.mistakes == []
    assert (found.users, found.teams) == ({"anna": 11, "carl": 13}, {"ops": 100})


def test_everybody_who_cannot_review_is_named_at_once(github: GitHubStandIn) -> None:
    found = asked(github, settings(users=("eve", "nobody"), teams=("qa",)))
    assert found.mistakes == [
        "eve, who is to review, is neither a member of acme nor a collaborator",
        "GitHub has no user nobody, who is to review",
        "acme has no team qa, which is to review: or it is hidden from the token",
    ]


def test_the_owner_of_a_repository_may_review(github: GitHubStandIn) -> None:
    github.world.owners = {"acme": Owner(number=1, is_organisation=False)}
    assert asked(github, settings(users=("acme",))).users == {"acme": 1}


@pytest.mark.parametrize(
    ("scopes", "lacking"),
    [(ALL, []), ({"repo", "admin:org"}, []), ({"repo"}, ["read:org"]), (set(), ["repo", "read:org"])],
)
def test_scopes_that_a_token_lacks_are_named(github: GitHubStandIn, scopes: set[str], lacking: list[str]) -> None:
    github.world.accounts[TOKEN] = Account(login="bot", scopes=frozenset(scopes))
    found = asked(github, settings(teams=("ops",)))
    named = [mistake.split("`")[1] for mistake in found.mistakes if "has no scope" in mistake]
    assert named == lacking


def test_a_token_without_scopes_of_its_own_is_not_judged_by_them(github: GitHubStandIn) -> None:
    github.world.accounts[TOKEN] = Account(login="bot")
    assert asked(github, settings()).mistakes == []


@pytest.mark.parametrize(
    ("address", "asked_at"),
    [
        ("https://api.github.com/", "https://api.github.com"),
        ("https://api.acme.ghe.com/", "https://api.acme.ghe.com"),
        ("https://github.example.com/", "https://github.example.com/api/v3"),
    ],
)
def test_each_kind_of_github_is_asked_where_it_is(address: str, asked_at: str) -> None:
    repository = settings()
    with sign_in(GitHubSettings(token=None, base_url=address), repository, TOKEN) as client:
        assert client.address == asked_at
