"""Records of others, read again only when they have changed."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

Line = dict[str, Any]
Content = TypeVar("Content")


def lines(path: Path) -> Iterator[Line]:
    """Yield the lines of JSON of a file, the oldest first; what is no such line, or half of one, is passed over."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line
    except OSError:
        return


def seconds(moment: Any) -> float | None:
    """Return a moment of a record in seconds since 1970, or nothing when it is none."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


class Remembered(Generic[Content]):
    """What files say, each read when it is another one than before.

    Args:
        read: reads a file, also one that is not there.
    """

    def __init__(self, read: Callable[[Path], Content]) -> None:
        self._read = read
        self._known: dict[Path, tuple[tuple[int, ...], Content]] = {}

    def of(self, path: Path) -> Content:
        """Return what a file says."""
        state = _state(path)
        known = self._known.get(path)
        if known is None or known[0] != state:
            known = self._known[path] = state, self._read(path)
        return known[1]


def _state(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size
