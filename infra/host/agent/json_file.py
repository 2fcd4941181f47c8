"""Settings in a JSON file that may hold those of others."""

import copy
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from infra.host.agent import files, former, ownership
from infra.host.agent.kind import AgentError, Kind

Document = dict[str, Any]
Keys = tuple[str, ...]
"""The way to a setting through maps, as `("log-opts", "max-size")`."""
_ABSENT = "<none>"


@dataclass(frozen=True, kw_only=True)
class JsonFile(Kind):
    """Some settings of a JSON file, such as Docker's `daemon.json`; other settings in it stay as they are.

    What is no longer declared, and everything once the resource is removed, goes back to what it was before. A file
    that is no JSON, with which its program would not start, is written anew.
    """

    IDENTITY: ClassVar[tuple[str, ...]] = ("path",)

    path: str
    settings: Mapping[str, str]
    mode: str = "0600"

    def read(self) -> dict[str, Any] | None:
        """Return the settings that are there of the declared ones, and the mode; another owner is told with it."""
        try:
            status = self._path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        document = self._document() or {}
        found = {name: _shown(document, _keys(name)) for name in self.settings}
        same = {name: text for name, text in self.settings.items() if found[name] == _normal(text)}
        return {"settings": {**found, **same}, "mode": ownership.described_mode(status, owner="root")}

    def apply(self) -> None:
        """Write the declared settings beside the others, and put back those that are declared no more.

        Raises:
            AgentError: when a folder is in the way.
        """
        if self._path.is_dir():
            message = f"{self.path} is a folder and cannot become a file"
            raise AgentError(message)
        found = self._document()
        document = copy.deepcopy(found or {})
        before = self._before()
        for name in before.keys() - self.settings.keys():
            _put(document, _keys(name), before.pop(name))
        for name, text in self.settings.items():
            before.setdefault(name, _at(document, _keys(name)))
            _put(document, _keys(name), [json.loads(text)])
        former.replace(self, json.dumps(before, sort_keys=True))
        if found is not None and _text(document) == _text(found):
            # Not written: a program that is restarted for a newer file would be restarted for nothing.
            ownership.apply(self._path, mode=self.mode, owner="root", group="root")
        else:
            self._write(document)

    def remove(self) -> None:
        """Put back what was there before; the file goes when nothing is left in it."""
        document = self._document()
        if document is not None:
            before = self._before()
            for name in self.settings:
                _put(document, _keys(name), before.get(name, []))
            if document:
                self._write(document)
            else:
                self._path.unlink()
        former.forget(self)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield a path or mode that is none, and values that are no JSON."""
        yield from ownership.mistakes(self.path, "0644")
        yield from ownership.loose_mode(self.mode)
        for name, text in self.settings.items():
            if not all(_keys(name)):
                yield "settings", f"{name!r} is no setting: it must be keys separated by dots"
            try:
                json.loads(text)
            except ValueError:
                yield "settings", f'{name} must have a value in JSON, as in `true` or `"10m"`'

    @property
    def _path(self) -> Path:
        return Path(self.path)

    def _document(self) -> Document | None:
        """Return what the file holds, or nothing when it is not there or no map in JSON."""
        try:
            document = json.loads(self._path.read_bytes() or b"{}")
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def _before(self) -> dict[str, list[Any]]:
        """Return what each setting was before it was declared: a list of one value, or of none."""
        kept = json.loads(former.recall(self) or "{}")
        return dict(kept) if isinstance(kept, dict) else {}

    def _write(self, document: Document) -> None:
        files.write(self._path, _text(document).encode(), mode=int(self.mode, 8))


def _text(document: Document) -> str:
    """Return a document as it is written; Python takes two of them for equal that differ in `0` and `false`."""
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _keys(name: str) -> Keys:
    return tuple(name.split("."))


def _at(document: Any, keys: Keys) -> list[Any]:
    """Return the value of a setting in a list, which is empty when there is none."""
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return []
        document = document[key]
    return [document]


def _put(document: Document, keys: Keys, value: list[Any]) -> None:
    """Set a setting, or take it away with the maps that it leaves empty."""
    *folders, last = keys
    if value:
        for folder in folders:
            inner = document.get(folder)
            document[folder] = dict(inner) if isinstance(inner, dict) else {}
            document = document[folder]
        document[last] = value[0]
    elif _at(document, keys):
        inner = document if not folders else _at(document, tuple(folders))[0]
        del inner[last]
        if folders and not inner:
            _put(document, tuple(folders), [])


def _shown(document: Document, keys: Keys) -> str:
    value = _at(document, keys)
    return json.dumps(value[0], sort_keys=True) if value else _ABSENT


def _normal(text: str) -> str:
    """Return a value as `_shown` writes it; after a refresh it may be no JSON."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
