"""A registry on loopback that can be told to misbehave."""

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.unit.cli.conftest import PASSWORD

TOKEN = "token-for-a-pull"
LOGIN = "Basic " + base64.b64encode(f"ci:{PASSWORD}".encode()).decode()


@dataclass
class Behaviour:
    """What the registry has, and how it answers."""

    digests: dict[str, str]
    """`path:tag` to digest."""
    login: str = "none"
    """`none`, `basic`, or `bearer`."""
    faults: list[int] = field(default_factory=list)
    """Codes that the next requests are answered with."""
    page: int = 1000
    """How many tags it lists at once."""
    names_digests: bool = True
    """Whether answers carry the digest in a header."""
    manifest: bytes = b"{}"
    requests: list[str] = field(default_factory=list)
    """Method and path of each request."""
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


class Handler(BaseHTTPRequestHandler):
    """Answers by the behaviour of its server."""

    behaviour: ClassVar[Behaviour]

    def answer(self) -> None:
        url = urlsplit(self.path)
        self.behaviour.requests.append(f"{self.command} {url.path}")
        if self.behaviour.faults:
            self._say(self.behaviour.faults.pop(0), {"Retry-After": "0"})
        elif url.path == "/token":
            self._token(parse_qs(url.query))
        elif not self._may_pull():
            self._say(401, {"WWW-Authenticate": self._challenge()})
        elif url.path.endswith("/tags/list"):
            self._tags(url.path, int(parse_qs(url.query).get("last", ["0"])[0]))
        else:
            self._manifest(url.path)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _may_pull(self) -> bool:
        given = self.headers.get("Authorization", "")
        return given == {"none": "", "basic": LOGIN, "bearer": f"Bearer {TOKEN}"}[self.behaviour.login]

    def _challenge(self) -> str:
        if self.behaviour.login == "basic":
            return 'Basic realm="registry"'
        return f'Bearer realm="http://{self.behaviour.host}/token",service="registry",scope="ignored"'

    def _token(self, query: dict[str, list[str]]) -> None:
        if self.headers.get("Authorization") != LOGIN or not query["scope"][0].endswith(":pull"):
            self._say(401, {})
        else:
            self._say(200, {}, json.dumps({"token": TOKEN}).encode())

    def _manifest(self, path: str) -> None:
        name, _, tag = path.removeprefix("/v2/").partition("/manifests/")
        digest = self.behaviour.digests.get(f"{name}:{tag}")
        if digest is None or "application/vnd.oci.image.index.v1+json" not in self.headers.get("Accept", ""):
            self._say(404, {})
        else:
            self._say(200, {"Docker-Content-Digest": digest} if self.behaviour.names_digests else {})

    def _tags(self, path: str, begin: int) -> None:
        name = path.removeprefix("/v2/").removesuffix("/tags/list")
        tags = [key.partition(":")[2] for key in self.behaviour.digests if key.partition(":")[0] == name]
        end = begin + self.behaviour.page
        link = {"Link": f'<{path}?last={end}>; rel="next"'} if end < len(tags) else {}
        self._say(200, link, json.dumps({"name": name, "tags": tags[begin:end] or None}).encode())

    def _say(self, code: int, headers: dict[str, str], body: bytes | None = None) -> None:
        content = self.behaviour.manifest if body is None else body
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def serving(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Behaviour]:
    """Serve until the end of the block."""
    handler = type(
        "BoundHandler", (Handler,), {"behaviour": behaviour, "do_GET": Handler.answer, "do_HEAD": Handler.answer}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    behaviour.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield behaviour
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
