"""Files restored beside those that serve, and the switch between them."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.backups.program import containers, sqlite
from infra.backups.program.restic import Repository
from infra.backups.program.trouble import TroubleError

WORK = "_slipway_restoring"
"""Ending of a folder beside that of the files: a rename is enough, and no two places have the same."""


@dataclass(frozen=True)
class RestoredFiles:
    """Files of a place that were restored and looked at."""

    place: str
    """Volume as Docker names it, or folder of the server."""
    serving: Path
    """Where they belong."""
    beside: Path
    """What will take its place."""

    def switch(self, label: str) -> Path:
        """Put them in the place of those that serve, which are kept; nothing may use the place meanwhile."""
        aside = self.serving.with_name(f"{self.serving.name}_{label}")
        self.serving.rename(aside)
        try:
            self.beside.rename(self.serving)
        except OSError:
            aside.rename(self.serving)
            raise
        return aside

    def put_back(self, aside: Path) -> None:
        """Have the former files serve again."""
        if aside.exists():
            self.serving.rename(self.beside)
            aside.rename(self.serving)

    def drop(self) -> None:
        """Remove what was restored and does not serve."""
        shutil.rmtree(_work(self.serving), ignore_errors=True)


def serving_folder(place: str) -> Path:
    """Return the folder of a place that can be switched.

    Raises:
        TroubleError: there is no such place, or its files are another server's.
    """
    folder = containers.folder(place)
    if os.path.ismount(folder):
        text = f"{place} is mounted from elsewhere: restore it with `--into new`, and copy what is needed"
        raise TroubleError(text)
    return folder


def make(place: str, repository: Repository, entry: Mapping[str, Any]) -> RestoredFiles:
    """Restore the files of a place beside it.

    Raises:
        TroubleError: they cannot be restored as a whole; no trace of them is left.
    """
    serving = serving_folder(place)
    work = _work(serving)
    shutil.rmtree(work, ignore_errors=True)
    try:
        return RestoredFiles(place, serving, unpack(repository, entry, work))
    except TroubleError:
        shutil.rmtree(work, ignore_errors=True)
        raise


def unpack(repository: Repository, entry: Mapping[str, Any], folder: Path) -> Path:
    """Restore the files of an entry below a folder, compared and looked at; return where they are.

    Raises:
        TroubleError: they are damaged.
    """
    folder.mkdir(mode=0o700, parents=True)
    repository.restore(entry["snapshot"], folder)
    restored: Path = folder / entry["folder"].lstrip("/")
    if not restored.is_dir():
        text = f"the backup holds no {entry['folder']}"
        raise TroubleError(text)
    sqlite.put_in(folder / entry["copies"].lstrip("/"), restored, entry["sqlite"])
    return restored


def _work(serving: Path) -> Path:
    return serving.with_name(f"{serving.name}{WORK}")
