"""A page of limited length, filled from the top by whole lines."""

from collections.abc import Callable, Iterable
from typing import Final

LIMIT: Final = 60_000
"""Characters of a comment: GitHub takes 65 536, and counts some of them otherwise than we do."""
LAST_LINE: Final = 120
"""Room that is kept for saying how much is left out."""


class Page:
    """Lines, as long as there is room.

    Args:
        limit: characters in all.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._room = limit
        self._lines: list[str] = []

    @property
    def room(self) -> int:
        """How many characters are left."""
        return self._room

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(f"{line}\n" for line in self._lines)

    def keep(self, *lines: str) -> None:
        """Take lines away from the room, for an end that has to fit."""
        self._room -= _size(lines)

    def add(self, *lines: str) -> bool:
        """Add lines that belong together; tell whether there was room."""
        size = _size(lines)
        if size > self._room:
            return False
        self._room -= size
        self._lines.extend(lines)
        return True

    def add_kept(self, *lines: str) -> None:
        """Add the lines that room was kept for."""
        self._lines.extend(lines)

    def add_each(self, lines: Iterable[str], left_out: Callable[[int], str], room: int | None = None) -> None:
        """Add as many lines as there is room for, and say how many are left out.

        Args:
            lines: each stands for one thing.
            left_out: returns the last line, by the number of those that did not fit.
            room: characters these lines may take; all that are left when absent.
        """
        waiting = list(lines)
        limit = min(self._room, self._room if room is None else room) - LAST_LINE
        for index, line in enumerate(waiting):
            limit -= _size([line])
            if limit < 0:
                self.add(left_out(len(waiting) - index))
                return
            self.add(line)


def _size(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)
