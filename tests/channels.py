"""Telegram, a mail server and a watchdog that are none: they keep what they get, refuse what the real ones refuse."""

import json
import re
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

LOOPBACK = "127.0.0.1"
_LONGEST = 4096
"""Characters of a message, once its entities are read: https://core.telegram.org/bots/api#sendmessage."""
_TAGS = frozenset({"a", "b", "code", "i", "pre", "s", "u"})
_BARE = re.compile(r"&(?!(lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)")


@dataclass(slots=True)
class Channel:
    """What has come to a stand-in."""

    address: str
    """`host:port`."""
    messages: list[str] = field(default_factory=list)
    """Texts in the order they came."""
    failing: bool = False
    """Whether everything is refused."""


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Markup(HTMLParser):
    """Reads a message as Telegram does, which refuses what it does not know."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.wrong = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in _TAGS:
            self.wrong = f'Unsupported start tag "{tag}"'
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong = f'Unmatched end tag "{tag}"'

    def handle_data(self, data: str) -> None:
        self.text += data


def refusal(text: str) -> str | None:
    """Return what Telegram says of a message that it does not take."""
    markup = _Markup()
    markup.feed(text)
    markup.close()
    if markup.wrong or markup.open or _BARE.search(text):
        return f"Bad Request: can't parse entities: {markup.wrong or 'a tag is not closed, or a sign not escaped'}"
    if not markup.text.strip():
        return "Bad Request: message text is empty"
    return "Bad Request: message is too long" if len(markup.text) > _LONGEST else None


@contextmanager
def telegram(token: str, chat: int, host: str = LOOPBACK) -> Iterator[Channel]:
    """Have a Telegram with one bot and one chat."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, description = self._judged(message)
            if status == 200:
                channel.messages.append(message["text"])
            answer: dict[str, Any] = {"ok": status == 200, "error_code": status, "description": description}
            if status == 200:
                answer = {"ok": True, "result": {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "group"}}}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _judged(self, message: dict[str, Any]) -> tuple[int, str]:
            if channel.failing:
                return 502, "Bad Gateway"
            if self.path != f"/bot{token}/sendMessage":
                return 401, "Unauthorized"
            if str(message.get("chat_id")) != str(chat):
                return 400, "Bad Request: chat not found"
            wrong = refusal(message["text"]) if message.get("parse_mode") == "HTML" else None
            return (400, wrong) if wrong else (200, "")

    with _serving(ThreadingHTTPServer((host, 0), Handler)) as channel:
        yield channel


@contextmanager
def watchdog(path: str, host: str = LOOPBACK) -> Iterator[Channel]:
    """Have what is called at one path, and tells when the calls stop."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            message = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_known = self.path == path
            if is_known:
                channel.messages.append(message)
            self.send_response(200 if is_known else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with _serving(ThreadingHTTPServer((host, 0), Handler)) as channel:
        yield channel


@contextmanager
def mail(recipients: frozenset[str], host: str = LOOPBACK) -> Iterator[Channel]:
    """Have a mail server that takes mail to some addresses, from everybody and without TLS."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 mail.test")
            while line := self.rfile.readline().decode().strip():
                if not self._answer(line):
                    return

        def _answer(self, line: str) -> bool:
            verb = line.partition(" ")[0].upper()
            if verb == "RCPT":
                address = re.sub(r".*<(.*)>.*", r"\1", line)
                self._say("250 OK" if address in recipients else "550 no such mailbox")
            elif verb == "DATA":
                self._say("354 go on")
                channel.messages.append(self._data())
                self._say("250 OK")
            elif verb == "QUIT":
                self._say("221 bye")
                return False
            else:
                self._say("451 not now" if channel.failing and verb == "MAIL" else "250 OK")
            return True

        def _data(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            return _text(message_from_bytes(b"".join(lines)))

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with _serving(Server((host, 0), Handler)) as channel:
        yield channel


def _text(message: Message) -> str:
    """Return the subject of a mail and all of its texts."""
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return "\n".join([str(message["Subject"]), *(part.decode() for part in parts if isinstance(part, bytes))])


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[Channel]:
    host, port = server.socket.getsockname()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Channel(f"{host}:{port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
