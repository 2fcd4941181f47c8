"""A line of a log as it may be shown: what steers a terminal is taken out, and everything else is kept."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from rich.text import Text

from infra.preview.escaping import visible

COLOURS: Final = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")
_STEERING: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""Colours, movements and titles (ECMA-48)."""
_TAB: Final = 8
_SHOWN_DIGITS: Final = 23


class Told(NamedTuple):
    """A line of a log."""

    service: str
    release: str
    time: str
    text: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Told":
        """Return the line that a server has sent, as it may be shown."""
        return cls(*(plain(str(data[name])) for name in ("service", "release", "time", "line")))

    @property
    def label(self) -> str:
        """What tells it from the lines of others, and of another release."""
        return f"{self.service} {self.release}".rstrip()

    @property
    def shown_time(self) -> str:
        """When it was written, to the millisecond; UTC."""
        return self.time[:_SHOWN_DIGITS].replace("T", " ")

    def line(self, width: int, services: Sequence[str]) -> Text:
        """Return the line for a terminal.

        Args:
            width: of the label.
            services: what there is; each has a colour.
        """
        base = self.service.partition(".")[0]
        colour = COLOURS[services.index(base) % len(COLOURS)] if base in services else "white"
        return Text.assemble((self.shown_time, "dim"), " ", (f"{self.label:<{width}}", colour), " | ", self.text)


def plain(text: str) -> str:
    """Return a text without what steers a terminal; what cannot be seen is written out."""
    bare = _STEERING.sub("", text).expandtabs(_TAB)
    return visible(bare, len(bare))
