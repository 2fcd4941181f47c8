"""What long connections meet when a release is switched."""

import base64
import os
import socket
import struct
from contextlib import ExitStack

from infra.ingress.rules import PublicRule
from tests.edge.backend import CLOSE, GOING_AWAY, TEXT, Backend, backend
from tests.edge.traefik import PATIENCE_SECONDS, Traefik

CLIENTS = 100
HOST = "release.lab.test"


def switch(edge: Traefik, service: Backend) -> None:
    """Lead the host to a service, as a release does."""
    edge.serve(PublicRule(host=HOST, port=service.port, own_certificate=True), name="release")


class WebSocket:
    """A client as a browser has it."""

    def __init__(self, edge: Traefik, stack: ExitStack) -> None:
        plain = stack.enter_context(socket.create_connection(("127.0.0.1", edge.ports["websecure"]), PATIENCE_SECONDS))
        self._socket = stack.enter_context(edge.tls.wrap_socket(plain, server_hostname=HOST))
        key = base64.b64encode(os.urandom(16)).decode()
        head = ["GET /socket HTTP/1.1", f"Host: {HOST}", "Upgrade: websocket", "Connection: Upgrade"]
        lines = [*head, f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self._file = stack.enter_context(self._socket.makefile("rb"))
        assert b"101" in self._file.readline()
        while self._file.readline().strip():
            pass

    def ask(self) -> str:
        """Return which server answers a message."""
        self._socket.sendall(bytes([0x80 | TEXT, 0x80 | 2, 0, 0, 0, 0]) + b"hi")
        kind, payload = self.receive()
        assert kind == TEXT
        return payload.decode()

    def receive(self) -> tuple[int, bytes]:
        """Return kind and content of the next frame."""
        head = self._file.read(2)
        assert head, "the connection ended without a close frame"
        return head[0] & 0x0F, self._file.read(head[1])


def test_websockets_stay_through_a_switch_and_end_with_a_close_frame(edge: Traefik) -> None:
    with backend("v1") as old, backend("v2") as new, ExitStack() as stack:
        switch(edge, old)
        clients = [WebSocket(edge, stack) for _ in range(CLIENTS)]
        switch(edge, new)
        assert {client.ask() for client in clients} == {"v1"}, "a connection was cut by the switch"
        assert WebSocket(edge, stack).ask() == "v2"
        old.stopping.set()
        assert {client.receive() for client in clients} == {(CLOSE, struct.pack(">H", GOING_AWAY))}
        assert {WebSocket(edge, stack).ask() for _ in range(CLIENTS)} == {"v2"}


def test_events_leave_at_once_and_go_on_through_a_switch(edge: Traefik) -> None:
    with backend("v1") as old, backend("v2") as new:
        switch(edge, old)
        with edge.client() as client:
            request = edge.request(client, f"https://{HOST}/events", headers={"Accept-Encoding": "br, gzip"})
            answer = client.send(request, stream=True)
            events = answer.iter_raw()
            assert next(events) == b"data: 1\n\n"
            switch(edge, new)
            old.next_event.set()
            assert b"".join(events) == b"data: 2\n\n"
