"""What GitHub is asked before anything is declared: whether the token will do, and who is who."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from infra.config.repository_settings import GitHubSettings, RepositorySettings
from infra.preview.github import GitHub, GitHubError

SCOPES: Final = "X-OAuth-Scopes"
"""What a classic token may do; GitHub sends no such header for the other kinds."""
OF_REPOSITORIES: Final = ("repo", "change settings, environments, secrets and keys")
OF_TEAMS: Final = ("read:org", "look up the teams that review")
_PERMISSION: Final = "administration, secrets, environments: write"
_GITHUB_COM: Final = "api.github.com"
_DATA_RESIDENCY: Final = ".ghe.com"
_ENTERPRISE: Final = "/api/v3"
_INCLUDED: Final = {"read:org": {"write:org", "admin:org"}}
"""Scope to the ones that include it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A repository as it should be found."""

    owner: str
    name: str
    is_there: bool
    """Whether it has to be there: one that is taken over, or that another stack has."""
    users: Sequence[str] = ()
    """Logins of those who review."""
    teams: Sequence[str] = ()
    """Short names of the teams that review."""

    @property
    def path(self) -> str:
        """Its name with its owner."""
        return f"{self.owner}/{self.name}"


def wanted(repository: RepositorySettings) -> Wanted:
    """Return how a repository should be found."""
    return Wanted(
        owner=repository.owner,
        name=repository.name,
        is_there=repository.own is None or repository.own.adopt,
        users=sorted({login for each in repository.environments for login in each.users}),
        teams=sorted({slug for each in repository.environments for slug in each.teams}),
    )


def sign_in(github: GitHubSettings, repository: RepositorySettings, token: str) -> GitHub:
    """Return a way to ask for a repository; a GitHub Enterprise Server has its interface below `/api/v3`.

    Args:
        github: where it is.
        repository: the repository.
        token: the stack's own; that of the environment when empty.

    Raises:
        GitHubError: there is none.
    """
    plain = github.base_url.rstrip("/")
    is_whole = plain.endswith((_GITHUB_COM, _DATA_RESIDENCY, _ENTERPRISE))
    return GitHub(repository.path, _PERMISSION, address=plain if is_whole else f"{plain}{_ENTERPRISE}", token=token)


@dataclass(kw_only=True, slots=True)
class Found:
    """What GitHub said of a repository and its reviewers."""

    exists: bool = False
    users: dict[str, int] = field(default_factory=dict)
    """Login to id."""
    teams: dict[str, int] = field(default_factory=dict)
    """Short name to id."""
    mistakes: list[str] = field(default_factory=list)
    """One sentence for each thing that would fail."""


def find(client: GitHub, wanted: Wanted) -> Found:
    """Return what there is, with all that would fail later and halfway.

    Raises:
        GitHubError: GitHub cannot be asked, or does not know the token.
    """
    found = Found()
    answer = client.look(f"/repos/{wanted.path}")
    found.exists = answer is not None
    owner = answer or client.look(f"/users/{wanted.owner}")
    if owner is None:
        found.mistakes.append(f"GitHub has no organisation or user {wanted.owner}")
        return found
    found.mistakes.extend(missing_scopes(owner, wanted))
    if wanted.is_there and answer is None:
        found.mistakes.append(f"GitHub has no {wanted.path}, or hides it from this token")
    for login in wanted.users:
        _look_up_user(client, wanted, found, login)
    for slug in wanted.teams:
        team = client.look(f"/orgs/{wanted.owner}/teams/{slug}")
        if team is None:
            found.mistakes.append(
                f"{wanted.owner} has no team {slug}, which is to review: or it is hidden from the token"
            )
        else:
            found.teams[slug] = int(team.json()["id"])
    return found


def missing_scopes(answer: httpx.Response, wanted: Wanted) -> Iterator[str]:
    """Yield the scopes that a classic token lacks, each with what it takes it for."""
    if SCOPES not in answer.headers:
        return
    scopes = {scope.strip() for scope in answer.headers[SCOPES].split(",")}
    for scope, purpose in (OF_REPOSITORIES, *([OF_TEAMS] if wanted.teams else [])):
        if not scopes & {scope, *_INCLUDED.get(scope, ())}:
            yield f"the token has no scope `{scope}`, which it takes to {purpose} of {wanted.path}"


def is_there(client: GitHub, path: str) -> bool:
    """Tell whether there is a repository."""
    return client.look(f"/repos/{path}") is not None


def _look_up_user(client: GitHub, wanted: Wanted, found: Found, login: str) -> None:
    user = client.look(f"/users/{login}")
    if user is None:
        found.mistakes.append(f"GitHub has no user {login}, who is to review")
    elif not _may_read(client, wanted, found, login):
        found.mistakes.append(f"{login}, who is to review, is neither a member of {wanted.owner} nor a collaborator")
    else:
        found.users[login] = int(user.json()["id"])


def _may_read(client: GitHub, wanted: Wanted, found: Found, login: str) -> bool:
    if login.lower() == wanted.owner.lower():
        return True
    places = [f"/orgs/{wanted.owner}/members/{login}"]
    if found.exists:
        places.append(f"/repos/{wanted.path}/collaborators/{login}")
    return any(_is_yes(client, place) for place in places)


def _is_yes(client: GitHub, place: str) -> bool:
    try:
        answer = client.look(place)
    except GitHubError as error:
        # Who is no member of the organisation is not told who else is one.
        if error.status == HTTPStatus.FOUND:
            return False
        raise
    return answer is not None
