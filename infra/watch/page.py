"""What a night came to, as the text of an issue: names and reasons, never a value."""

from collections.abc import Iterator
from typing import Final

from infra.preview.escaping import code
from infra.preview.page import Page
from infra.watch.night import Night

MARKER: Final = "<!-- slipway:drift -->"
"""What an issue of ours begins with."""
MOST_PROPERTIES: Final = 8
_LONG: Final = 400
"""Characters of a sentence that are shown."""
_SHARE: Final = 0.5
"""Of the room that is left, for each section but the last."""


def page(night: Night, *, url: str = "") -> str:
    """Return the text of the issue.

    Args:
        night: what was found.
        url: address of the run that looked, where there is one.
    """
    end = _end(night, url)
    written = Page()
    written.keep(*end)
    written.add(MARKER, f"## {verdict(night)}")
    for title, lines in (
        ("Changed on a server", list(_drifted(night))),
        ("Broken rules", list(_broken(night))),
        ("Could not be told", [f"- {code(one.subject)}: {code(one.reason, _LONG)}" for one in night.unknown]),
    ):
        if lines and written.add("", f"### {title}", ""):
            written.add_each(lines, lambda count: f"- and {count} more; the run has them all", _room(written))
    written.add_kept(*end)
    return written.text


def verdict(night: Night) -> str:
    """Return the first sentence, in words of our own."""
    told = {
        "resource changed": len(night.drifted),
        "rule broken": len(night.violations),
        "look failed": len(night.unknown),
    }
    parts = [_counted(count, *what.split()) for what, count in told.items() if count]
    return ", ".join(parts).capitalize() if parts else "Everything is as declared"


def is_ours(body: str) -> bool:
    """Tell whether the text of an issue is one of these."""
    return body.startswith(MARKER)


def _counted(count: int, thing: str, happened: str) -> str:
    return f"{count} {thing if count == 1 else f'{thing}s'} {happened}"


def _room(written: Page) -> int:
    return int(written.room * _SHARE)


def _drifted(night: Night) -> Iterator[str]:
    for one in night.drifted:
        shown = ", ".join(map(code, one.properties[:MOST_PROPERTIES]))
        more = f" and {len(one.properties) - MOST_PROPERTIES} more" if len(one.properties) > MOST_PROPERTIES else ""
        what = f"{shown}{more}" if one.properties else "is gone"
        yield f"- {code(one.stack)} {code(one.server)} {code(one.resource)}: {what}"


def _broken(night: Night) -> Iterator[str]:
    for one in night.violations:
        subject = f"{code(one.stack)} {code(one.resource)}"
        yield f"- **{code(one.rule)}** {subject}: {code(one.sentence, _LONG)} {code(one.remedy, _LONG)}"


def _end(night: Night, url: str) -> list[str]:
    stacks = list(dict.fromkeys(one.stack for one in night.drifted))
    again = ", ".join(code(f"slipway up {stack}") for stack in stacks)
    mend = ["", f"{again} puts back what is declared. What is to stay belongs into the stack file."] if stacks else []
    seen = f" Seen by [this run]({url})." if url else ""
    return [*mend, "", f"<sub>Rewritten each night, and closed when everything is as declared.{seen}</sub>"]
