"""Environments: who may go there, and after whose review."""

from http import HTTPStatus
from typing import Any

from tests.github_standin import shapes
from tests.github_standin.people import team_number
from tests.github_standin.repository import Environment
from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing

PAID = frozenset({"pro", "team", "enterprise"})
UNSUPPORTED = (
    "Failed to create the environment protection rule. Please ensure the billing plan supports the {} protection rule."
)


@route("GET", "/environments")
def list_environments(request: Request) -> Listed:
    return Listed([each.thing for each in request.repository.environments.values()], "environments")


@route("GET", "/environments/{environment}")
def get_environment(request: Request) -> Thing:
    return environment_of(request).thing


@route("PUT", "/environments/{environment}")
def put_environment(request: Request) -> Thing:
    request.require_administrator()
    found, name = request.repository, request.parts["environment"]
    plan = request.world.owners[found.owner["login"]].plan
    if not found.is_public and plan not in PAID:
        raise RefusedError(HTTPStatus.FORBIDDEN, "Upgrade your plan or make this repository public.")
    content = dict(request.content or {})
    for key, what in (("wait_timer", "wait timer"), ("reviewers", "required reviewers")):
        if content.get(key) and not found.is_public and plan != "enterprise":
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, UNSUPPORTED.format(what))
    policy = content.get("deployment_branch_policy")
    if policy is not None and policy["protected_branches"] == policy["custom_branch_policies"]:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    former = found.environments.get(name)
    thing = _thing(request, name, content, former.thing if former else None)
    if former is None:
        found.environments[name] = Environment(thing=thing)
    else:
        former.thing = thing
    return dict(thing)


@route("DELETE", "/environments/{environment}")
def delete_environment(request: Request) -> None:
    request.require_administrator()
    environment_of(request)
    del request.repository.environments[request.parts["environment"]]


@route("GET", "/environments/{environment}/deployment-branch-policies")
def list_policies(request: Request) -> Listed:
    return Listed(list(environment_of(request).policies.values()), "branch_policies")


@route("POST", "/environments/{environment}/deployment-branch-policies")
def create_policy(request: Request) -> Thing:
    request.require_administrator()
    found = environment_of(request)
    if not (found.thing["deployment_branch_policy"] or {}).get("custom_branch_policies"):
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    number = request.world.number()
    kind = request.content.get("type", "branch")
    found.policies[number] = {"id": number, "node_id": f"P_{number}", "name": request.content["name"], "type": kind}
    return found.policies[number]


@route("GET", "/environments/{environment}/deployment-branch-policies/{id}")
def get_policy(request: Request) -> Thing:
    found = environment_of(request).policies
    if request.number("id") not in found:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return found[request.number("id")]


@route("PUT", "/environments/{environment}/deployment-branch-policies/{id}")
def update_policy(request: Request) -> Thing:
    request.require_administrator()
    found: Thing = get_policy(request)
    found["name"] = request.content["name"]
    return found


@route("DELETE", "/environments/{environment}/deployment-branch-policies/{id}")
def delete_policy(request: Request) -> None:
    request.require_administrator()
    get_policy(request)
    del environment_of(request).policies[request.number("id")]


def environment_of(request: Request) -> Environment:
    """Return the environment that a path names."""
    found: Environment | None = request.repository.environments.get(request.parts["environment"])
    if found is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return found


def _thing(request: Request, name: str, content: Thing, former: Thing | None) -> Thing:
    number = former["id"] if former else request.world.number()
    at = request.world.now()
    place = f"/repos/{request.repository.owner['login']}/{request.repository.settings['name']}/environments/{name}"
    return {
        "id": number,
        "node_id": f"EN_{number}",
        "name": name,
        **shapes.addresses(place, ["html"]),
        "created_at": former["created_at"] if former else at,
        "updated_at": at,
        "can_admins_bypass": content.get("can_admins_bypass", True),
        "deployment_branch_policy": content.get("deployment_branch_policy"),
        "protection_rules": list(_rules(request, content)),
    }


def _rules(request: Request, content: Thing) -> list[Thing]:
    rules: list[Thing] = []
    if content.get("wait_timer"):
        rules.append({"type": "wait_timer", "wait_timer": content["wait_timer"]})
    if content.get("reviewers"):
        reviewers = [_reviewer(request, each) for each in content["reviewers"]]
        itself = bool(content.get("prevent_self_review"))
        rules.append({"type": "required_reviewers", "prevent_self_review": itself, "reviewers": reviewers})
    if content.get("deployment_branch_policy"):
        rules.append({"type": "branch_policy"})
    numbered = ((request.world.number(), rule) for rule in rules)
    return [{"id": number, "node_id": f"GA_{number}", **rule} for number, rule in numbered]


def _reviewer(request: Request, given: dict[str, Any]) -> Thing:
    world = request.world
    owner = world.owners[request.repository.owner["login"]]
    if given["type"] == "User":
        for login, number in world.users.items():
            if number == given["id"]:
                return {"type": "User", "reviewer": shapes.account(login, number, "User")}
    for slug in owner.teams:
        if given["type"] == "Team" and team_number(owner, slug) == given["id"]:
            of_owner = shapes.organisation(request.repository.owner["login"], owner.number, world.now())
            return {"type": "Team", "reviewer": shapes.team(of_owner, slug, given["id"], world.now())}
    raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed: reviewer")
