"""Issues, among which GitHub lists pull requests."""

from http import HTTPStatus

from tests.github_standin.pulls import body_of
from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing

STATES = ("open", "closed")


@route("GET", "/issues")
def list_issues(request: Request) -> Listed:
    wanted = request.query.get("state", "open")
    pulls = [{**pull, "body": None, "pull_request": {}} for pull in request.world.pulls.values()]
    # The newest first, as GitHub does unless it is asked otherwise.
    every = sorted([*request.world.issues.values(), *pulls], key=lambda one: -int(one["number"]))
    return Listed([each for each in every if each["state"] == wanted])


@route("POST", "/issues", HTTPStatus.CREATED)
def open_issue(request: Request) -> Thing:
    if not request.content.get("title"):
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    labels = [str(name) for name in request.content.get("labels", ())]
    return request.world.issue(
        body_of(request), request.account.login, title=str(request.content["title"]), labels=labels
    )


@route("PATCH", "/issues/{number}")
def change_issue(request: Request) -> Thing:
    found = request.world.issues.get(request.number())
    if found is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    if request.content.get("state", "open") not in STATES:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    found.update(request.content)
    return found
