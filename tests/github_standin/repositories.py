"""Repositories with their settings, alerts and deploy keys."""

import re
from http import HTTPStatus

from tests.github_standin import shapes
from tests.github_standin.people import kind
from tests.github_standin.repository import Repository
from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing, World

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
KEY = re.compile(r"ssh-ed25519 AAAA[A-Za-z0-9+/]{64}")
DEFAULTS: Thing = {
    "description": None,
    "homepage": None,
    "visibility": "public",
    "default_branch": "main",
    "archived": False,
    "topics": [],
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "allow_forking": False,
    "delete_branch_on_merge": False,
    "web_commit_signoff_required": False,
    "merge_commit_message": "PR_TITLE",
    "merge_commit_title": "MERGE_MESSAGE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
}
SCANNING = ("secret_scanning", "secret_scanning_push_protection")


def add(world: World, owner: str, settings: Thing) -> Repository:
    """Make a repository of an owner."""
    of = world.owners[owner]
    made = Repository(
        number=world.number(),
        owner=shapes.account(owner, of.number, kind(of)),
        settings={**DEFAULTS, "security_and_analysis": _scanning("disabled"), **settings},
        created_at=world.now(),
    )
    world.repositories[f"{owner}/{settings['name']}".lower()] = made
    return made


@route("POST", "//orgs/{org}/repos", HTTPStatus.CREATED)
def create_in_organisation(request: Request) -> Thing:
    return _create(request, request.parts["org"])


@route("POST", "//user/repos", HTTPStatus.CREATED)
def create_for_user(request: Request) -> Thing:
    return _create(request, request.account.login)


@route("GET", "")
def get_repository(request: Request) -> Thing:
    return _shown(request.repository)


@route("PATCH", "")
def change_repository(request: Request) -> Thing:
    request.require_administrator()
    found = request.repository
    content = dict(request.content)
    analysis = content.pop("security_and_analysis", {})
    on = any(value.get("status") == "enabled" for value in analysis.values())
    if on and not found.is_public and request.world.owners[found.owner["login"]].plan not in {"team", "enterprise"}:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Secret scanning is not available for this repository.")
    found.settings["security_and_analysis"].update(analysis)
    found.settings.update({name: value for name, value in content.items() if name in {*DEFAULTS, "name"}})
    return _shown(found)


@route("DELETE", "", HTTPStatus.NO_CONTENT)
def delete_repository(request: Request) -> None:
    request.require_administrator()
    gone = request.repository
    request.world.repositories = {path: each for path, each in request.world.repositories.items() if each is not gone}


@route("PUT", "/topics")
def replace_topics(request: Request) -> Thing:
    request.require_administrator()
    request.repository.settings["topics"] = list(request.content["names"])
    return {"names": request.repository.settings["topics"]}


@route("GET", "/vulnerability-alerts")
def has_alerts(request: Request) -> None:
    if not request.repository.alerts:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Vulnerability alerts are disabled.")


@route("PUT", "/vulnerability-alerts")
def enable_alerts(request: Request) -> None:
    request.require_administrator()
    request.repository.alerts = True


@route("DELETE", "/vulnerability-alerts")
def disable_alerts(request: Request) -> None:
    request.require_administrator()
    request.repository.alerts = False


@route("GET", "/keys")
def list_keys(request: Request) -> Listed:
    return Listed(list(request.repository.keys.values()))


@route("POST", "/keys", HTTPStatus.CREATED)
def add_key(request: Request) -> Thing:
    request.require_administrator()
    found, key = request.repository, " ".join(str(request.content["key"]).split()[:2])
    taken = {each["key"] for one in request.world.repositories.values() for each in one.keys.values()}
    if not KEY.fullmatch(key) or key in taken:
        why = "key is already in use" if key in taken else "key is invalid. You must supply a key in OpenSSH format"
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, why)
    number = request.world.number()
    found.keys[number] = {
        "id": number,
        "key": key,
        "url": f"{shapes.ADDRESS}/keys/{number}",
        "title": request.content.get("title", ""),
        "verified": True,
        "created_at": request.world.now(),
        "read_only": bool(request.content.get("read_only", False)),
    }
    return found.keys[number]


@route("GET", "/keys/{id}")
def get_key(request: Request) -> Thing:
    return _known(request.repository.keys, request.number("id"))


@route("DELETE", "/keys/{id}")
def delete_key(request: Request) -> None:
    request.require_administrator()
    _known(request.repository.keys, request.number("id"))
    del request.repository.keys[request.number("id")]


def _create(request: Request, owner: str) -> Thing:
    request.require_administrator()
    world, content = request.world, dict(request.content)
    if owner not in world.owners:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    name = str(content.get("name", ""))
    if not NAME.fullmatch(name) or f"{owner}/{name}".lower() in world.repositories:
        raise RefusedError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "Repository creation failed: name already exists on this account"
        )
    known = {key: value for key, value in content.items() if key in {*DEFAULTS, "name"}}
    return _shown(add(world, owner, known))


def _shown(found: Repository) -> Thing:
    return shapes.repository(found.settings, found.owner, found.number, found.created_at)


def _scanning(status: str) -> Thing:
    return {name: {"status": status} for name in SCANNING}


def _known(things: dict[int, Thing], number: int) -> Thing:
    if number not in things:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return things[number]
