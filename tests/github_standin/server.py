"""The stand-in as a server."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from typing_extensions import override

from tests.github_standin import contents, environments, issues, people, pulls, repositories, rules
from tests.github_standin.routing import Listed, RefusedError, Request, find
from tests.github_standin.world import Account, Call, World

SUBJECTS = (contents, environments, issues, people, pulls, repositories, rules)
"""What the stand-in answers for; importing a module registers its routes."""
DEFAULT_PAGE = 30
LARGEST_PAGE = 100
ENTERPRISE = "/api/v3"
"""Before the paths of a GitHub Enterprise Server, which providers take an address of their own for."""
BY_NUMBER = re.compile(r"/repositories/(\d+)(/.*)?")
SCOPES = "X-OAuth-Scopes"
WRITING = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(kw_only=True, slots=True)
class Fault:
    """Answers that are none, in the place of the next requests that match."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    method: str = ""
    """Any when empty."""


@dataclass(kw_only=True)
class GitHubStandIn:
    """A running stand-in."""

    world: World
    url: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, method: str) -> Fault | None:
        """Take one off the faults that are left for a method."""
        for fault in self.faults:
            if fault.times and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None


def listening(standin: GitHubStandIn, address: str, port: int) -> ThreadingHTTPServer:
    """Return a server that answers for a stand-in, once it is told to."""
    return ThreadingHTTPServer((address, port), partial(_Handler, standin))


@contextmanager
def running(world: World) -> Iterator[GitHubStandIn]:
    """Run a stand-in on loopback until the block ends."""
    standin = GitHubStandIn(world=world)
    server = listening(standin, "127.0.0.1", 0)
    standin.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers requests, one connection at a time."""

    protocol_version = "HTTP/1.1"

    def __init__(self, standin: GitHubStandIn, *connection: Any) -> None:
        self._standin = standin
        super().__init__(*connection)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, body, headers = self._result(json.loads(content) if content else None)
        except RefusedError as refusal:
            status, body, headers = refusal.status, {"message": str(refusal)}, refusal.headers
        self._standin.world.note_answer(self._call, status, body)
        self._send(status, body, headers)

    def _path(self, path: str) -> str:
        """Return a path as the routes have it."""
        path = path.removeprefix(ENTERPRISE)
        if match := BY_NUMBER.fullmatch(path):
            for name, repository in self._standin.world.repositories.items():
                if repository.number == int(match[1]):
                    return f"/repos/{name}{match[2] or ''}"
        return path

    def _result(self, content: Any) -> tuple[HTTPStatus, Any, dict[str, str]]:
        parts = urlsplit(self.path)
        parts = parts._replace(path=self._path(parts.path))
        query = dict(parse_qsl(parts.query))
        self._call = Call(method=self.command, path=unquote(parts.path), query=query, content=content)
        self._standin.world.note_call(self._call)
        if fault := self._standin.fault(self.command):
            raise RefusedError(HTTPStatus(fault.status), "as the test wants it", fault.headers)
        account = self._account()
        handler, named, status = find(self.command, parts.path)
        world = self._standin.world
        known = {world.repository.lower(), *world.repositories}
        if "owner" in named and f"{named['owner']}/{named['name']}".lower() not in known:
            raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
        named = {name: unquote(part) for name, part in named.items()}
        result = handler(Request(world=world, account=account, parts=named, query=query, content=content))
        scopes = {} if account.scopes is None else {SCOPES: ", ".join(sorted(account.scopes))}
        if not isinstance(result, Listed):
            return (HTTPStatus.NO_CONTENT if result is None else status), result, scopes
        shown, links = _page(result.things, query, f"{self._standin.url}{parts.path}")
        body = {"total_count": len(result.things), result.key: shown} if result.key else shown
        return status, body, {**links, **scopes}

    def _account(self) -> Account:
        account = self._standin.world.accounts.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if account is None:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "Bad credentials")
        if self.command in WRITING and not account.may_write:
            raise RefusedError(HTTPStatus.FORBIDDEN, "Resource not accessible by integration")
        return account

    def _send(self, status: HTTPStatus, content: Any, headers: dict[str, str]) -> None:
        body = b"" if status == HTTPStatus.NO_CONTENT else json.dumps(content).encode()
        if self.command == "GET" and status == HTTPStatus.OK:
            headers = {**headers, "ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
            if self.headers.get("If-None-Match") == headers["ETag"]:
                status, body = HTTPStatus.NOT_MODIFIED, b""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        """Keep the tests' output free of requests."""


def _page(things: list[Any], query: dict[str, str], address: str) -> tuple[list[Any], dict[str, str]]:
    """Return one page, and where the next one is if there is one."""
    size = min(int(query.get("per_page", DEFAULT_PAGE)), LARGEST_PAGE)
    page = int(query.get("page", 1))
    shown = things[(page - 1) * size : page * size]
    if page * size >= len(things):
        return shown, {}
    following = urlencode({**query, "page": page + 1})
    return shown, {"Link": f'<{address}?{following}>; rel="next", <{address}?page=99>; rel="last"'}
