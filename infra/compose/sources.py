"""Compose files as they are written, for saying where a mistake is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.config.mistakes import Mistake, Step, place
from infra.config.plain_yaml import NotYamlError, parse


@dataclass(frozen=True, slots=True)
class Source:
    """One compose file."""

    shown: str
    """Path as the stack file has it."""
    path: Path
    text: str
    document: Mapping[str, Any]


class Sources(tuple[Source, ...]):
    """All compose files of a product, in the order they are merged."""

    __slots__ = ()

    def mistake(self, steps: Sequence[Step], text: str) -> Mistake:
        """Return a mistake in the file that goes deepest towards the place; the last such file, as in merging."""
        deepest = max(reversed(self), key=lambda source: _depth(source.document, steps))
        return Mistake(deepest.shown, place(*steps), text)

    def mentioning(self, variable: str) -> Source:
        """Return the file that names a variable."""
        return next((source for source in self if variable in source.text), self[0])


def read_sources(files: Sequence[str], root: Path) -> tuple[Sources, list[Mistake]]:
    """Read compose files; what cannot be read is a mistake of that file."""
    sources: list[Source] = []
    mistakes: list[Mistake] = []
    for shown in files:
        path = root / shown
        try:
            text = path.read_text(encoding="utf-8")
            document = parse(text)
        except (OSError, UnicodeDecodeError):
            mistakes.append(Mistake(shown, "", "this compose file does not exist or cannot be read"))
        except NotYamlError as error:
            mistakes.append(Mistake(shown, "", str(error)))
        else:
            if isinstance(document, dict) and isinstance(document.get("services", {}), dict):
                sources.append(Source(shown, path, text, document))
            else:
                mistakes.append(Mistake(shown, "", "must be a compose file: a map with `services`"))
    return Sources(sources), mistakes


def _depth(document: object, steps: Sequence[Step]) -> int:
    depth = 0
    for step in steps:
        if not isinstance(document, dict) or step not in document:
            break
        document = document[step]
        depth += 1
    return depth
