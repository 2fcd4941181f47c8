"""Durations as Docker and the vendor write them: `1m30s`, `500ms`, `0s`."""

import re
from decimal import Decimal

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"[+-]?(0|({_PART.pattern})+)")


def parse_duration(text: str) -> int:
    """Return a duration in nanoseconds.

    Raises:
        ValueError: when the text is not a duration.
    """
    if not _DURATION.fullmatch(text):
        message = "not a duration"
        raise ValueError(message)
    total = sum(int(Decimal(number) * _NANOSECONDS[unit]) for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total


def format_duration(nanoseconds: int) -> str:
    """Return the one way Docker writes a duration, as in `1m0s` for a minute."""
    if not nanoseconds:
        return "0s"
    if nanoseconds < _NANOSECONDS["s"]:
        unit = next(unit for unit in ("ms", "µs", "ns") if nanoseconds >= _NANOSECONDS[unit])
        return f"{_fraction(nanoseconds, _NANOSECONDS[unit])}{unit}"
    minutes, rest = divmod(nanoseconds, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_fraction(rest, _NANOSECONDS['s'])}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def duration_rule(text: str) -> str:
    """Return what is wrong with a duration, or an empty string."""
    try:
        return "" if parse_duration(text) >= 0 else "the duration must not be negative"
    except ValueError:
        return "is not a valid duration, as 30s or 1m0s are"


def _fraction(nanoseconds: int, unit: int) -> str:
    return f"{Decimal(nanoseconds) / unit:f}"
