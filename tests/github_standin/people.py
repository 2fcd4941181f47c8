"""Users, organisations, their members and teams."""

from http import HTTPStatus

from tests.github_standin import shapes
from tests.github_standin.routing import RefusedError, Request, route
from tests.github_standin.world import Owner, Thing


@route("GET", "//users/{login}")
def get_user(request: Request) -> Thing:
    world, login = request.world, request.parts["login"]
    if login in world.owners:
        return shapes.person(login, world.owners[login].number, kind(world.owners[login]), world.now())
    if login in world.users:
        return shapes.person(login, world.users[login], "User", world.now())
    raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")


@route("GET", "//orgs/{org}")
def get_organisation(request: Request) -> Thing:
    login = request.parts["org"]
    return shapes.organisation(login, organisation(request).number, request.world.now())


@route("GET", "//orgs/{org}/members/{login}")
def is_member(request: Request) -> None:
    if request.parts["login"] not in organisation(request).members:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")


@route("GET", "//orgs/{org}/teams/{slug}")
def get_team(request: Request) -> Thing:
    owner, slug = organisation(request), request.parts["slug"]
    scopes = request.account.scopes
    if slug not in owner.teams or (scopes is not None and not scopes & {"read:org", "admin:org"}):
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    login = request.parts["org"]
    of_owner = shapes.organisation(login, owner.number, request.world.now())
    return shapes.team(of_owner, slug, team_number(owner, slug), request.world.now())


@route("GET", "/collaborators/{login}")
def is_collaborator(request: Request) -> None:
    if request.parts["login"] not in request.repository.collaborators:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")


def organisation(request: Request) -> Owner:
    """Return the organisation that a path names."""
    owner = request.world.owners.get(request.parts["org"])
    if owner is None or not owner.is_organisation:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return owner


def kind(owner: Owner) -> str:
    """Return what GitHub calls an owner."""
    return "Organization" if owner.is_organisation else "User"


def team_number(owner: Owner, slug: str) -> int:
    """Return a team's id."""
    return owner.number * 100 + sorted(owner.teams).index(slug)
