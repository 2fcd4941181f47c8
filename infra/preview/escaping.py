"""Text that anybody may have written, made harmless for a terminal and for GitHub's Markdown."""

import unicodedata
from typing import Final

LONGEST: Final = 160
"""Characters of a name or a sentence that are shown."""
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"})
"""Categories that act on a terminal, turn text around, pile up, or cannot be seen."""
_SPACE: Final = "Zs"
_PLAIN: Final = frozenset(" -0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def visible(text: str, longest: int = LONGEST) -> str:
    """Return a text in one line, cut, with each character that cannot be seen written out."""
    kept = text[: longest + 1]
    shown = "".join(map(_visible, kept[:longest]))
    return shown if len(kept) <= longest else f"{shown}… (+{len(text) - longest} characters)"


def code(text: str, longest: int = LONGEST) -> str:
    """Return a text for GitHub's Markdown that is shown as it is, and is nothing else.

    In `code`, because GitHub makes neither mentions nor references of what is in there; all punctuation as numbers,
    because Markdown is read between HTML's tags, too.
    """
    return f"<code>{''.join(map(_escaped, visible(text, longest)))}</code>"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in _HIDDEN:
        return f"\\u{ord(character):04x}"
    return " " if category == _SPACE else character


def _escaped(character: str) -> str:
    return f"&#{ord(character)};" if character.isascii() and character not in _PLAIN else character
