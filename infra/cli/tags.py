"""Tags that are versions, compared with each other; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_VERSION: Final = re.compile(r"(?P<prefix>v?)(?P<numbers>\d{1,9}(?:\.\d{1,9})*)(?P<suffix>-[A-Za-z][\w.-]*)?")
_UNFINISHED: Final = re.compile(r"-(alpha|beta|rc|pre|dev|snapshot|nightly)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Version:
    """A tag such as `17`, `v1.8.2` or `3.19-alpine`."""

    tag: str
    numbers: tuple[int, ...]
    family: tuple[str, str, int]
    """Prefix, suffix and count of numbers: only tags that have them in common are versions of the same thing."""


def parse_tag(tag: str) -> Version | None:
    """Return the version that a tag is, or nothing for a name such as `latest`."""
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None
    numbers = tuple(map(int, found["numbers"].split(".")))
    return Version(tag, numbers, (found["prefix"], found["suffix"] or "", len(numbers)))


def newer(tag: str, tags: Iterable[str]) -> list[Version]:
    """Return the later versions of a tag's family, the oldest first; none for a tag that is no version.

    Release candidates and the like count only for a tag that is one itself.
    """
    mine = parse_tag(tag)
    if mine is None:
        return []
    others = [version for version in map(parse_tag, set(tags)) if version and version.family == mine.family]
    finished = [version for version in others if _UNFINISHED.search(tag) or not _UNFINISHED.search(version.tag)]
    return sorted((each for each in finished if each.numbers > mine.numbers), key=lambda version: version.numbers)


def in_same_line(tag: str, versions: Iterable[Version]) -> list[Version]:
    """Return the versions that have a tag's first number: what they change should break nothing."""
    mine = parse_tag(tag)
    return [version for version in versions if mine and version.numbers[0] == mine.numbers[0]]
