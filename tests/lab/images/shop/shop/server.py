"""A threaded HTTP/1.1 server that ends without losing a request."""

import logging
import selectors
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LINGER_SECONDS = 1.0
"""How long an idle connection may still bring a last request once the server ends."""
GRACE_SECONDS = 6.0
"""How long requests under way may take after that; both together stay below Docker's ten seconds."""

logger = logging.getLogger("shop.server")


class DrainingServer(ThreadingHTTPServer):
    """A server that knows its connections and lets them end in order."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen."""
        super().__init__(address, handler)
        self.draining = threading.Event()
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection and keep account of it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._changed:
                self._connections.discard(request)
                self._changed.notify_all()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection."""
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that broke; a client that left is no event."""
        del request
        logger.debug("connection from %s broke: %s", client_address, sys.exception())

    def drain(self) -> None:
        """Stop listening, answer what is under way, and end every connection."""
        self.draining.set()
        self.shutdown()
        self._accept_waiting()
        self.socket.close()
        if not self._wait_until_idle(LINGER_SECONDS):
            with self._changed:
                idle = list(self._connections)
            for connection in idle:
                _end_reading(connection)
            self._wait_until_idle(GRACE_SECONDS)

    def _accept_waiting(self) -> None:
        """Take the connections that clients have opened already: closing the socket would reset them."""
        self.timeout = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while selector.select(0):
                self.handle_request()

    def _wait_until_idle(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        with self._changed:
            return self._changed.wait_for(lambda: not self._connections, deadline - time.monotonic())


def _end_reading(connection: socket.socket) -> None:
    """Let a waiting reader see the end of its stream; an answer under way still goes out."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        logger.debug("connection had ended already")
