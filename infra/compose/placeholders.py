"""Secrets named inside text: `{secret:<name>}`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config.mistakes import Step

_OPENING = "{secret:"
_PLACEHOLDER = re.compile(r"\{secret:([^{}]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of the secrets that a text names, in order, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text with every secret in its place; the result is a secret itself."""
    return _PLACEHOLDER.sub(lambda match: secrets[match[1]], text)


def misspelt(text: str) -> bool:
    """Return whether a text begins to name a secret and does not end it."""
    return text.count(_OPENING) != len(_PLACEHOLDER.findall(text))


def misplaced(document: Any, at: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Yield the places of a compose document that name a secret where none can be filled in."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from misplaced(value, (*at, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from misplaced(value, (*at, index))
    elif isinstance(document, str) and _OPENING in document and at[2:3] != ("environment",):
        yield at
