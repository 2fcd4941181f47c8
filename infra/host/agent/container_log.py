"""The last words of a container, without its secrets."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from infra.host.agent import docker, places

_LINES = 50
_HEADER_BYTES = 8
_SHORTEST_SECRET = 4
_TELLING_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|DSN|AUTH", re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"(://[^\s/:@]*:)[^\s/@]+(@)")


def said(container: Any, *, since: datetime | None = None) -> str:
    """Return the sentence that ends in the last words of a container.

    Args:
        container: as the engine describes it.
        since: what it wrote before is left out. Not its `StartedAt`, which the engine takes after the start: a
            command that is quick has spoken by then.
    """
    log = last_lines(container, since=since)
    return f"Its last log lines:\n{log}" if log else "It logged nothing."


def last_lines(container: Any, *, since: datetime | None = None) -> str:
    """Return the end of what a container wrote, both streams in order, since a time where one is given."""
    begin = f"{since.timestamp():.6f}" if since else ""
    query = {"stdout": "1", "stderr": "1", "tail": str(_LINES), "since": begin}
    answer = docker.ask("GET", f"/containers/{container['Id']}/logs", query=query)
    is_terminal = container["Config"].get("Tty", False)
    raw = answer.body if is_terminal else b"".join(_frames(answer.body))
    lines = raw.decode(errors="replace").splitlines()[-_LINES:]
    return redact("\n".join(lines), container)


def redact(text: str, container: Any) -> str:
    """Return `text` without any value that may be a secret of a product on this server, and without what steers.

    A terminal and a CI log obey control characters: they forge lines, and write to the clipboard of who reads.
    """
    text = _printable(text)
    for secret in sorted({*_secrets_in_files(), *_secrets_in_environment(container)}, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return _LOGIN_IN_URL.sub(r"\1[secret]\2", text)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def _frames(stream: bytes) -> Iterator[bytes]:
    """Yield the payloads of Docker's multiplexed stream: a header of stream, three zero bytes and the length."""
    position = 0
    while position + _HEADER_BYTES <= len(stream):
        length = int.from_bytes(stream[position + 4 : position + _HEADER_BYTES], "big")
        position += _HEADER_BYTES
        yield stream[position : position + length]
        position += length


def _secrets_in_files() -> Iterator[str]:
    for path in places.PRODUCTS.glob("*/secrets/**/*"):
        if path.is_file():
            yield from _parts(path.read_bytes().decode(errors="replace"))


def _secrets_in_environment(container: Any) -> Iterator[str]:
    for entry in container["Config"].get("Env") or []:
        name, _, value = entry.partition("=")
        if _TELLING_NAME.search(name):
            yield from _parts(value)


def _parts(value: str) -> Iterator[str]:
    """Yield a secret as a log may show it: whole, or one line of it, and either as it stands in a URL."""
    for part in {value.strip(), *map(str.strip, value.splitlines()), _printable(value).strip()}:
        if len(part) >= _SHORTEST_SECRET:
            yield from {part, quote(part, safe="")}
