"""Rulesets, and what Actions may do."""

from http import HTTPStatus

from tests.github_standin.repository import Repository
from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing

KINDS = frozenset({"deletion", "non_fast_forward", "update", "pull_request", "required_status_checks"})
MORE_KINDS = frozenset({"creation", "required_signatures", "required_linear_history"})
UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."


@route("GET", "/rulesets")
def list_rulesets(request: Request) -> Listed:
    return Listed(list(_ruled(request).rulesets.values()))


@route("POST", "/rulesets", HTTPStatus.CREATED)
def create_ruleset(request: Request) -> Thing:
    request.require_administrator()
    found = _ruled(request)
    _judge(request, found, 0)
    number = request.world.number()
    found.rulesets[number] = _ruleset(request, number)
    return found.rulesets[number]


@route("GET", "/rulesets/{id}")
def get_ruleset(request: Request) -> Thing:
    found = _ruled(request)
    if request.number("id") not in found.rulesets:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return found.rulesets[request.number("id")]


@route("PUT", "/rulesets/{id}")
def update_ruleset(request: Request) -> Thing:
    request.require_administrator()
    get_ruleset(request)
    found, number = _ruled(request), request.number("id")
    _judge(request, found, number)
    found.rulesets[number] = _ruleset(request, number)
    return found.rulesets[number]


@route("DELETE", "/rulesets/{id}")
def delete_ruleset(request: Request) -> None:
    request.require_administrator()
    get_ruleset(request)
    del _ruled(request).rulesets[request.number("id")]


@route("GET", "/actions/permissions")
def get_permissions(request: Request) -> Thing:
    return request.repository.actions


@route("PUT", "/actions/permissions")
def set_permissions(request: Request) -> None:
    request.require_administrator()
    if request.content.get("allowed_actions", "all") not in {"all", "local_only", "selected"}:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    request.repository.actions.update(request.content)


@route("GET", "/actions/permissions/selected-actions")
def get_selected(request: Request) -> Thing:
    _require_selected(request.repository)
    return request.repository.selected


@route("PUT", "/actions/permissions/selected-actions")
def set_selected(request: Request) -> None:
    request.require_administrator()
    _require_selected(request.repository)
    nothing = {"github_owned_allowed": False, "verified_allowed": False, "patterns_allowed": []}
    request.repository.selected = {**nothing, **request.content}


@route("GET", "/actions/permissions/workflow")
def get_workflow_token(request: Request) -> Thing:
    return request.repository.token


@route("PUT", "/actions/permissions/workflow")
def set_workflow_token(request: Request) -> None:
    request.require_administrator()
    if request.content.get("default_workflow_permissions", "read") not in {"read", "write"}:
        raise RefusedError(HTTPStatus.CONFLICT, "The organization does not allow this.")
    request.repository.token.update(request.content)


def _require_selected(found: Repository) -> None:
    if found.actions["allowed_actions"] != "selected":
        raise RefusedError(HTTPStatus.CONFLICT, "Allowed actions are not set to selected")


def _ruled(request: Request) -> Repository:
    found = request.repository
    if not found.is_public and request.world.owners[found.owner["login"]].plan == "free":
        raise RefusedError(HTTPStatus.FORBIDDEN, UPGRADE)
    return found


def _judge(request: Request, found: Repository, number: int) -> None:
    content = request.content
    others = {each["name"] for each in found.rulesets.values() if each["id"] != number}
    kinds = {rule["type"] for rule in content.get("rules", ())}
    if not content.get("name") or content["name"] in others or kinds - KINDS - MORE_KINDS:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed: Name must be unique")


def _ruleset(request: Request, number: int) -> Thing:
    at = request.world.now()
    path = f"{request.repository.owner['login']}/{request.repository.settings['name']}"
    own = {"id": number, "source": path, "source_type": "Repository", "node_id": f"RRS_{number}"}
    given = {"target": "branch", "bypass_actors": [], "rules": [], **request.content}
    return {"created_at": at, "updated_at": at, **given, **own}
