"""The sample product as its users see it."""

import contextlib
import json
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from tests.lab import paths, topology
from tests.lab.load import Target

GIVEN_UP_SOON = "healthcheck: {interval: 1s, retries: 10, start_period: 1s}"
"""For a service that never gets healthy: found out in 10 s, not in 40, and not before it has said why."""
PATIENCE_SECONDS = 60
"""For an answer; a server of the lab may stand still for seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    release: str
    body: str


@dataclass(frozen=True, slots=True)
class Shop:
    """A product of the lab behind its server's edge."""

    stack: str
    product: str = "shop"

    @property
    def host(self) -> str:
        """Name the product is reached under."""
        return topology.domain(self.product, self.stack)

    @property
    def server(self) -> topology.Server:
        """The server it runs on."""
        return next(server for server in topology.SERVERS if server.stack == self.stack)

    @property
    def address(self) -> str:
        """Loopback address its server is published on."""
        return self.server.address

    @property
    def target(self) -> Target:
        """Where load goes: past Docker's port proxy on this machine, which is no part of what is measured."""
        return Target(host=self.host, address=self.server.inside, ca=paths.ACME_ROOT)

    def ask(self, path: str, *, order: object = None) -> Answer:
        """Send one request over TLS, checking the certificate against the lab's ACME root."""
        context = ssl.create_default_context(cafile=str(paths.ACME_ROOT))
        method, body = ("GET", b"") if order is None else ("POST", json.dumps(order).encode())
        head = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", "Connection: close", f"Content-Length: {len(body)}"]
        with (
            socket.create_connection((self.address, 443), timeout=PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=self.host) as secure,
        ):
            secure.sendall("\r\n".join([*head, "", ""]).encode() + body)
            response = HTTPResponse(secure)
            response.begin()
            return Answer(response.status, response.getheader("X-Release") or "", response.read().decode())

    def orders(self) -> list[dict[str, Any]]:
        """Return every order the product knows."""
        found: list[dict[str, Any]] = json.loads(self.ask("/orders").body)
        return found

    def plain_location(self) -> str:
        """Return where plain HTTP sends a browser."""
        with contextlib.closing(HTTPConnection(self.address, 80, timeout=PATIENCE_SECONDS)) as connection:
            connection.request("GET", "/orders", headers={"Host": self.host})
            return connection.getresponse().getheader("Location") or ""
