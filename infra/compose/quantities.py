"""Durations and sizes, in the one form Docker gives them back in."""

import re
from dataclasses import dataclass
from typing import NewType, Self

MiB = NewType("MiB", int)
"""A size in mebibytes."""

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, order=True, slots=True)
class Duration:
    """A length of time, to the millisecond."""

    milliseconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `90s`, `1m30s`, `500ms` or `1.5h`.

        Raises:
            ValueError: the text is no duration; the message does not hold it.
        """
        if not _DURATION.fullmatch(text):
            msg = "must be a duration such as `500ms`, `30s` or `1m30s`"
            raise ValueError(msg)
        return cls(round(sum(float(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(text))))

    @property
    def seconds(self) -> int:
        """Whole seconds, rounded up."""
        return -(-self.milliseconds // 1000)

    def __str__(self) -> str:
        """Return Docker's own form: `1m30s`; any other form would be a difference in every preview."""
        if self.milliseconds < _MILLISECONDS["s"]:
            return f"{self.milliseconds}ms" if self.milliseconds else "0s"
        minutes, rest = divmod(self.milliseconds, _MILLISECONDS["m"])
        hours, minutes = divmod(minutes, 60)
        seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
        if hours:
            return f"{hours}h{minutes}m{seconds}"
        return f"{minutes}m{seconds}" if minutes else seconds


def mebibytes(size: str) -> MiB:
    """Return a number of bytes, as Compose prints sizes, in mebibytes.

    Raises:
        ValueError: Docker's provider counts in mebibytes, so anything finer would be lost.
    """
    whole, rest = divmod(int(size), _MEBIBYTE)
    if rest or not whole:
        msg = "must be a whole number of mebibytes, such as `256m` or `1g`"
        raise ValueError(msg)
    return MiB(whole)
