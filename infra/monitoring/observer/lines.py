"""Lines of a container's log, whole, in the order in which it wrote them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse
from typing import Final, NamedTuple

from infra.monitoring.observer import engine
from infra.monitoring.observer.containers import Container

_HEADER_BYTES: Final = 8
_LONGEST: Final = 1 << 20
"""Bytes after which a line is taken for ended: its writer may never end it."""
_SECOND_DIGITS: Final = 19


class Line(NamedTuple):
    """A line of a log."""

    time: str
    """As Docker writes it: UTC, with nanoseconds, in the order of time."""
    text: str


def lines(container: Container, query: dict[str, str], *, follow: bool) -> Iterator[Line]:
    """Yield the lines of a container.

    Args:
        container: whose they are.
        query: `since`, `until` and `tail`, as Docker takes them.
        follow: whether to go on until it stops.

    Raises:
        AwayError: Docker does not answer, or cannot read the log.
    """
    asked = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": str(int(follow)), **query}
    with engine.opened(f"/containers/{container.id}/logs", asked, seconds=None if follow else 60) as answer:
        try:
            yield from _of_terminal(answer) if container.has_terminal else _of_frames(answer)
        except (OSError, ValueError, HTTPException):
            # Docker was stopped, or has removed the container.
            return


def after(time: str) -> str:
    """Return the moment after that of a line, as Docker takes it."""
    whole = datetime.fromisoformat(time[:_SECOND_DIGITS]).replace(tzinfo=UTC)
    nanoseconds = int(time[_SECOND_DIGITS + 1 :].rstrip("Z") or "0") + 1
    return f"{int(whole.timestamp())}.{nanoseconds:09d}"


def _of_terminal(answer: HTTPResponse) -> Iterator[Line]:
    while raw := answer.readline():
        time, _, text = raw.partition(b" ")
        yield _line(time, text)


def _of_frames(answer: HTTPResponse) -> Iterator[Line]:
    """Yield the lines in frames of two streams; one of more than 16 KiB comes in several, each with its time."""
    begun: dict[int, tuple[bytes, bytes]] = {}
    while len(header := answer.read(_HEADER_BYTES)) == _HEADER_BYTES:
        stream = header[0]
        time, _, text = answer.read(int.from_bytes(header[4:], "big")).partition(b" ")
        first, before = begun.pop(stream, (time, b""))
        whole = before + text
        if whole.endswith(b"\n") or len(whole) > _LONGEST:
            yield _line(first, whole)
        else:
            begun[stream] = first, whole
    for first, rest in begun.values():
        yield _line(first, rest)


def _line(time: bytes, text: bytes) -> Line:
    return Line(time.decode("ascii", "replace"), text.decode("utf-8", "replace").rstrip("\r\n"))
