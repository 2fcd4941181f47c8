"""What is on a server compared with the inputs of a resource that is to take it over, in words; pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.host.agent.files import DIFFERS
from infra.host.plugin.values import Properties, contains_secret, contains_unknown, plain

_LINES = re.compile(r", (\d+) lines?>$")
_LONGEST = 60
"""Characters of a value that are shown."""
_MOST_ITEMS = 4
"""Items of a list that are named; of more, or of long ones, only the number is told."""


class Verdict(NamedTuple):
    """How what is there compares."""

    is_there: bool
    changes: tuple[str, ...] = ()
    """What an update would change, one phrase a property: `mode 0644 to 0600`."""

    @property
    def remark(self) -> str:
        """What people read in a preview."""
        if not self.is_there:
            return "is not there yet"
        return f"changes {', '.join(self.changes)}" if self.changes else "already so"


def compared(wanted: Properties, found: Mapping[str, Any] | None) -> Verdict:
    """Return how what was found compares with the inputs of a resource, as far as these are known.

    Args:
        wanted: the inputs; values may be `UNKNOWN` or `Secret`. Of one that is secret only that it differs is told.
        found: what is there by name on the wire, nothing when it is not; what is left out is as wanted.
    """
    if found is None:
        return Verdict(is_there=False)
    names = [name for name in wanted if name in found and not contains_unknown(wanted[name])]
    changes = tuple(phrase for name in names for phrase in _phrases(name, wanted[name], found[name]))
    return Verdict(is_there=True, changes=changes)


def _phrases(name: str, wanted: Any, found: Any) -> Iterator[str]:
    """Yield what differs in one property."""
    value = plain(wanted)
    if value == found and type(value) is type(found):
        return
    if contains_secret(wanted) or (isinstance(found, str) and found.startswith(DIFFERS)):
        yield f"{name} ({_extent(value, found)})"
    elif isinstance(value, Mapping) and isinstance(found, Mapping):
        for key in sorted({*value, *found}):
            yield from _phrases(f"{name}.{key}", value.get(key), found.get(key))
    elif isinstance(value, list) and isinstance(found, list):
        yield f"{name} ({_list_change(value, found)})"
    elif any(isinstance(text, str) and "\n" in text.strip() for text in (value, found)):
        yield f"{name} ({_extent(value, found)})"
    else:
        yield f"{name} {_shown(found)} to {_shown(value)}"


def _extent(value: Any, found: Any) -> str:
    """Return that two texts differ, and how long they are, but nothing of what they say."""
    if not isinstance(value, str) or not isinstance(found, str):
        return "differs"
    counted = _LINES.search(found)
    before = int(counted[1]) if counted else len(found.splitlines())
    return f"differs: {_lines(before)} there, {len(value.splitlines())} wanted"


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"


def _list_change(wanted: list[Any], found: list[Any]) -> str:
    added, gone = ([item for item in one if item not in other] for one, other in ((wanted, found), (found, wanted)))
    if not added and not gone:
        return "in another order"
    parts = (f"{verb} {_items(items)}" for verb, items in (("adds", added), ("takes away", gone)) if items)
    return "; ".join(parts)


def _items(items: list[Any]) -> str:
    shown = [_shown(item) for item in items]
    if len(shown) > _MOST_ITEMS or any(len(text) > _LONGEST // 2 for text in shown):
        return str(len(items))
    return ", ".join(shown)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
