"""Compose files as they are written, for saying where a mistake is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.config.mistakes import Mistake, Step, place
from infra.config.plain_yaml import NotYamlError, parse

Role = Literal["listed", "included", "extended"]


@dataclass(frozen=True, slots=True)
class Source:
    """One compose file."""

    shown: str
    """Path as the stack file has it."""
    path: Path
    text: str
    document: Mapping[str, Any]
    role: Role = "listed"
    """Whether the stack file names it, another file includes the whole of it, or extends one of its services."""


class Sources(tuple[Source, ...]):
    """All compose files of a product, in the order they are merged; what others name comes first."""

    __slots__ = ()

    @property
    def whole(self) -> list[Source]:
        """The files of which every service is the product's."""
        return [source for source in self if source.role != "extended"]

    @property
    def listed(self) -> list[Source]:
        """The files that the stack file names."""
        return [source for source in self if source.role == "listed"]

    def mistake(self, steps: Sequence[Step], text: str) -> Mistake:
        """Return a mistake in the file that goes deepest towards the place; the last such file, as in merging."""
        deepest = max(reversed(self.whole), key=lambda source: _depth(source.document, steps))
        return Mistake(deepest.shown, place(*steps), text)

    def mentioning(self, variable: str) -> Source:
        """Return the file that names a variable."""
        return next((source for source in self if variable in source.text), self.listed[0])


def read_sources(files: Sequence[str], root: Path) -> tuple[Sources, list[Mistake]]:
    """Read compose files and those they name; what cannot be read is a mistake of the file that names it."""
    reader = _Reader(root)
    for shown in files:
        reader.read(shown, "listed", Mistake(shown, "", "this compose file does not exist or cannot be read"))
    return Sources(sorted(reader.sources, key=lambda source: source.role == "listed")), reader.mistakes


class _Reader:
    """Reads files, and what they name, each once."""

    def __init__(self, root: Path) -> None:
        self.sources: list[Source] = []
        self.mistakes: list[Mistake] = []
        self._root = root

    def read(self, shown: str, role: Role, missing: Mistake) -> None:
        path = self._root / shown
        if any(source.path == path for source in self.sources):
            return
        try:
            text = path.read_text(encoding="utf-8")
            document = parse(text)
        except (OSError, UnicodeDecodeError):
            self.mistakes.append(missing)
        except NotYamlError as error:
            self.mistakes.append(Mistake(shown, "", str(error)))
        else:
            if isinstance(document, dict) and isinstance(document.get("services", {}), dict):
                source = Source(shown, path, text, document, role)
                self.sources.append(source)
                self._follow(source)
            else:
                self.mistakes.append(Mistake(shown, "", "must be a compose file: a map with `services`"))

    def _follow(self, source: Source) -> None:
        """Read what a file names."""
        for role, steps, name in _named(source.document):
            shown = os.path.normpath(Path(source.shown).parent / name)
            missing = Mistake(source.shown, place(*steps), "this compose file does not exist or cannot be read")
            if role == "included" and (self._root / shown).with_name(".env").exists():
                text = "has an `.env` beside it: variables come from the product's `env`; move them there"
                self.mistakes.append(Mistake(source.shown, place(*steps), text))
            self.read(shown, role, missing)


def _named(document: Mapping[str, Any]) -> Iterator[tuple[Role, tuple[Step, ...], str]]:
    """Yield the files that a file includes, and those whose services it extends."""
    included = document.get("include")
    for index, entry in enumerate(included if isinstance(included, list) else ()):
        paths = entry.get("path") if isinstance(entry, dict) else entry
        for path in paths if isinstance(paths, list) else [paths]:
            if isinstance(path, str):
                yield "included", ("include", index), path
    for name, service in (document.get("services") or {}).items():
        extends = service.get("extends") if isinstance(service, dict) else None
        if isinstance(extends, dict) and isinstance(extends.get("file"), str):
            yield "extended", ("services", name, "extends", "file"), extends["file"]


def _depth(document: object, steps: Sequence[Step]) -> int:
    depth = 0
    for step in steps:
        if not isinstance(document, dict) or step not in document:
            break
        document = document[step]
        depth += 1
    return depth
