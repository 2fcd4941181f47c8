"""Which function answers which request."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.github_standin.repository import Repository
from tests.github_standin.world import Account, World


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request with the parts of its path that a route has named."""

    world: World
    account: Account
    parts: dict[str, str]
    query: dict[str, str]
    content: Any

    @property
    def repository(self) -> Repository:
        """The repository that the path names.

        Raises:
            RefusedError: there is none.
        """
        found = self.world.repositories.get(f"{self.parts['owner']}/{self.parts['name']}".lower())
        if found is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
        return found

    def require_administrator(self) -> None:
        """Refuse whoever may not change the settings of a repository."""
        if self.account.scopes is not None and "repo" not in self.account.scopes:
            raise RefusedError(HTTPStatus.FORBIDDEN, "Must have admin rights to Repository.")

    def number(self, part: str = "number") -> int:
        """Return a part of the path that is a number."""
        return int(self.parts[part])


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, which is sent page by page."""

    things: list[Any]
    key: str = ""
    """Name of the list, for those that GitHub sends with their length."""


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


Handler = Callable[[Request], Any]
"""Returns what is sent as JSON; `None` for no content."""
_ROUTES: list[tuple[str, re.Pattern[str], Handler, HTTPStatus]] = []


def route(method: str, path: str, status: HTTPStatus = HTTPStatus.OK) -> Callable[[Handler], Handler]:
    """Have a function answer a path: `{name}` stands for one part, below the repository unless it begins with `//`."""
    whole = path.removeprefix("/") if path.startswith("//") else f"/repos/{{owner}}/{{name}}{path}"
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", whole))

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, pattern, handler, status))
        return handler

    return register


def find(method: str, path: str) -> tuple[Handler, dict[str, str], HTTPStatus]:
    """Return what answers a request, and the parts of its path.

    Raises:
        RefusedError: nothing does.
    """
    for known, pattern, handler, status in _ROUTES:
        match = pattern.fullmatch(path)
        if known == method and match:
            return handler, match.groupdict(), status
    raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
