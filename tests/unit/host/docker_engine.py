"""A Docker Engine that knows only what it is told, on a socket of its own."""

import json
import socketserver
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

Reply = Any | Callable[[], Any]


class DockerEngine:
    """Answers requests by method and path; `asked` is what was asked, `queries` is how by path."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.asked: list[tuple[str, str, Any]] = []
        self.queries: dict[str, dict[str, list[str]]] = {}
        self.replies: dict[tuple[str, str], Reply] = {}
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def address_string(self) -> str:
                return "agent"

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline()
                if self.raw_requestline and self.parse_request():
                    engine.answer(self)
                self.close_connection = True

        self._server = socketserver.ThreadingUnixStreamServer(str(socket), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        """Listen."""
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def container(self, name: str, *states: dict[str, Any], **described: Any) -> None:
        """Have a container, whose state changes with every look and stays at the last one."""
        remaining = list(states)

        def look() -> Any:
            state = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            return {
                "Id": f"{name}-id",
                "Created": "2026-01-01T00:00:00.123456789Z",
                "Config": {"Labels": described.get("labels", {}), "Env": described.get("environment", [])},
                "NetworkSettings": {"Networks": described.get("networks", {})},
                "State": {"StartedAt": "2026-01-01T00:00:00.123456789Z", "ExitCode": 0} | state,
            } | described.get("more", {})

        self.replies["GET", f"/containers/{name}/json"] = look

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request: a dictionary or list as JSON, bytes as they are, nothing as `not found`."""
        path = unquote(urlsplit(handler.path).path)
        self.queries[path] = parse_qs(urlsplit(handler.path).query)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append((handler.command, path, json.loads(body) if body else None))
        reply = self.replies.get((handler.command, path))
        reply = reply() if callable(reply) else reply
        content = (
            reply if isinstance(reply, bytes) else json.dumps(reply or {"message": f"no such thing: {path}"}).encode()
        )
        handler.send_response(404 if reply is None else 200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
