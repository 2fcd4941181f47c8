"""What `slipway doctor` finds out: one line a check."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One check and how it went."""

    name: str
    ok: bool
    text: str
    """What is there, or what is wrong and what to do."""


def passed(name: str, text: str) -> Result:
    """Return the line of something that is as it should be."""
    return Result(name=name, ok=True, text=text)


def failed(name: str, text: str) -> Result:
    """Return the line of something that somebody has to mend."""
    return Result(name=name, ok=False, text=text)
