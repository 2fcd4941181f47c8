"""Pull requests, their comments and labels, and who asks."""

from http import HTTPStatus
from typing import Any

from tests.github_standin.routing import Listed, RefusedError, Request, route
from tests.github_standin.world import Thing

LONGEST_BODY = 65_536


@route("GET", "//user")
def who(request: Request) -> Any:
    if request.account.is_installation:
        raise RefusedError(HTTPStatus.FORBIDDEN, "Resource not accessible by integration")
    return {"login": request.account.login}


@route("GET", "/pulls")
def list_pulls(request: Request) -> Listed:
    state = request.query.get("state", "open")
    return Listed([pull for pull in request.world.pulls.values() if pull["state"] == state])


@route("GET", "/pulls/{number}")
def get_pull(request: Request) -> Any:
    return _known(request.world.pulls, request.number())


@route("GET", "/issues/{number}/comments")
def list_comments(request: Request) -> Listed:
    return Listed(_known(request.world.comments, request.number()))


@route("POST", "/issues/{number}/comments", HTTPStatus.CREATED)
def create_comment(request: Request) -> Thing:
    _known(request.world.comments, request.number())
    return request.world.comment(request.number(), body_of(request), request.account.login)


@route("PATCH", "/issues/comments/{id}")
def update_comment(request: Request) -> Thing:
    found = _comment(request)
    found["body"] = body_of(request)
    return found


@route("DELETE", "/issues/comments/{id}", HTTPStatus.NO_CONTENT)
def delete_comment(request: Request) -> None:
    found = _comment(request)
    for comments in request.world.comments.values():
        if found in comments:
            comments.remove(found)


@route("GET", "/issues/{number}/labels")
def list_labels(request: Request) -> Listed:
    return Listed([{"name": name} for name in _known(request.world.labels, request.number())])


@route("POST", "/issues/{number}/labels")
def add_labels(request: Request) -> list[Thing]:
    labels = _known(request.world.labels, request.number())
    labels.extend(name for name in request.content["labels"] if name not in labels)
    return [{"name": name} for name in labels]


@route("DELETE", "/issues/{number}/labels/{label}")
def remove_label(request: Request) -> list[Thing]:
    labels = _known(request.world.labels, request.number())
    if request.parts["label"] not in labels:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Label does not exist")
    labels.remove(request.parts["label"])
    return [{"name": name} for name in labels]


def body_of(request: Request) -> str:
    """Return the text that is sent, as long as GitHub takes it."""
    body = str(request.content.get("body", ""))
    if not body or len(body) > LONGEST_BODY:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed")
    return body


def _comment(request: Request) -> Thing:
    for comments in request.world.comments.values():
        for each in comments:
            if each["id"] == request.number("id"):
                return each
    raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")


def _known(things: dict[int, Any], number: int) -> Any:
    if number not in things:
        raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
    return things[number]
