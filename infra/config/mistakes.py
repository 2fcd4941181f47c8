"""What is wrong in the files people write: sentences that say where and what to do, never a value."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Step = str | int
"""A key, or the index of a list."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:-]+")
_SUGGESTION_CUTOFF = 0.6


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """One mistake, one line."""

    file: str
    """Path as the person wrote it."""
    path: str
    """Place in the file, such as `slipway:products.shop.ingress[0].port`; empty when it is the whole file."""
    text: str
    """What is wrong and what to do about it."""

    def __str__(self) -> str:
        """Return the line a person reads."""
        return ": ".join(part for part in (self.file, self.path, self.text) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule between the parts of a file that is broken."""

    steps: tuple[Step, ...]
    """Place in the file; in a stack file below `slipway:`."""
    sentence: str


class ConfigurationError(Exception):
    """All mistakes of all files, found in one go."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def place(*steps: Step) -> str:
    """Return the path of a place in a file: `shop.ingress[0]`, `registries["registry.example.com:5000"]`."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step) and not (path and ":" in step):
            path += f".{step}" if path else step
        else:
            path += f'["{step}"]'
    return path


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a remark on the nearest known word, or nothing."""
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=_SUGGESTION_CUTOFF)
    return f"; did you mean `{nearest[0]}`?" if nearest else ""


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return ", ".join(f"`{word}`" for word in words)
