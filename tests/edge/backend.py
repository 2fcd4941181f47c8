"""A service behind the edge: says what it was asked, streams events, speaks WebSocket."""

import base64
import hashlib
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What a server adds to a client's key (RFC 6455)."""
TEXT, CLOSE = 1, 8
GOING_AWAY = 1001
LONG = "x" * 4096


class Backend(ThreadingHTTPServer):
    """Serves until it is told to stop; then it closes its WebSockets with a close frame, as a good service does."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name = name
        self.port: int = self.server_address[1]
        self.stopping = Event()
        self.next_event = Event()

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that leave."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def do_GET(self) -> None:
        match self.path.partition("?")[0].rpartition("/")[2]:
            case "events":
                self._stream()
            case "socket":
                self._talk()
            case "slow":
                self.server.stopping.wait()
            case _:
                self._tell(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else self._chunks()
        if self.path.endswith("/events"):
            self._stream()
        else:
            self._tell(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _tell(self, body: bytes) -> None:
        told = {"server": self.server.name, "headers": dict(self.headers), "length": len(body), "filler": LONG}
        text = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Powered-By", "a framework")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()
        self.wfile.write(text)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _stream(self) -> None:
        """Send one event at once and one when it is asked for."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: 1\n\n")
        self.server.next_event.wait()
        self.wfile.write(b"data: 2\n\n")
        self.close_connection = True

    def _talk(self) -> None:
        """Answer every message with the name of this server, until it stops."""
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accepted = hashlib.sha1(key + ACCEPT, usedforsecurity=False).digest()
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accepted).decode())
        self.end_headers()
        closer = Thread(target=self._close_in_the_end, daemon=True)
        closer.start()
        while (head := self.rfile.read(2)) and head[0] & 0x0F != CLOSE:
            self.rfile.read(4 + (head[1] & 0x7F))
            self.wfile.write(frame(TEXT, self.server.name.encode()))
        self.close_connection = True

    def _close_in_the_end(self) -> None:
        self.server.stopping.wait()
        # A client that has left needs none.
        with suppress(OSError):
            self.wfile.write(frame(CLOSE, struct.pack(">H", GOING_AWAY)))


def frame(kind: int, payload: bytes) -> bytes:
    """Return a short frame of a server."""
    return bytes([0x80 | kind, len(payload)]) + payload


@contextmanager
def backend(name: str = "v1") -> Iterator[Backend]:
    """Run a service."""
    with Backend(name) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.next_event.set()
            server.shutdown()
            thread.join()
