"""Secrets named inside text: `{secret:<name>}`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from infra.config.mistakes import Step

_OPENING = "{secret:"
_USER_PART = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#@\s]*$")
"""A text that ends inside the user part of a URL."""
_PLACEHOLDER = re.compile(r"\{secret:([^{}]*)\}")


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of the secrets that a text names, in order, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def fill(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text with every secret in its place; the result is a secret itself.

    A secret in the user part of a URL is percent-encoded there (RFC 3986 §3.2.1): an `@` in it would end that part.
    """

    def value(match: re.Match[str]) -> str:
        secret = secrets[match[1]]
        return quote(secret, safe="") if _USER_PART.search(text[: match.start()]) else secret

    return _PLACEHOLDER.sub(value, text)


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
