"""Databases in files, copied while their owners write."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from infra.backups.program.trouble import TroubleError

_JOURNALS = ("-wal", "-shm", "-journal")


def copy(source: Path, copies: Path, names: Sequence[str]) -> list[str]:
    """Copy databases as of one moment each; return the paths of what no backup of the files is to hold.

    Args:
        source: folder that they are in.
        copies: folder that gets the copies, under the same names.
        names: paths from the folder.

    Raises:
        TroubleError: one is not there, or is damaged.
    """
    for name in names:
        _copy(source / name, copies / name)
    return [f"{source / name}{ending}" for name in names for ending in ("", *_JOURNALS)]


def put_in(copies: Path, folder: Path, names: Sequence[str]) -> None:
    """Put the copies among the files that were restored, and look at them."""
    for name in names:
        require_whole(copies / name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (copies / name).replace(folder / name)


def require_whole(path: Path) -> None:
    """Refuse a damaged database.

    Raises:
        TroubleError: it is damaged, or no database at all.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            (answer,) = database.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        text = f"SQLite database {path.name} is damaged: {answer}"
        raise TroubleError(text)


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        text = f"there is no SQLite database {source}"
        raise TroubleError(text)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A journal that root makes would lock its owner out; nobody has one open whose journal is gone.
    closed = _has_write_ahead_log(source) and not source.with_name(f"{source.name}-wal").exists()
    address = f"{source.as_uri()}?mode=ro{'&immutable=1' if closed else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=60)) as former, closing(sqlite3.connect(target)) as new:
            former.backup(new)
    except sqlite3.Error as error:
        text = f"SQLite database {source} cannot be copied: {error}"
        raise TroubleError(text) from None
    shutil.copystat(source, target)
    shutil.chown(target, source.stat().st_uid, source.stat().st_gid)
    require_whole(target)


def _has_write_ahead_log(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:19] == b"\x02"
