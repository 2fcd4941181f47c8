"""Text files that the system owns: lines of them are changed, and everything else is kept byte for byte."""

import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

from infra.host.agent import files

_ASIDE = "# put aside by slipway: "
_changing = Lock()
"""Held while a file changes: several resources may each own a line of it."""


def read(path: Path) -> list[str] | None:
    """Return the lines of a file without their ends, or nothing when there is none."""
    try:
        text = path.read_bytes().decode(errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def drop_ins(folders: Iterable[Path]) -> list[Path]:
    """Return the `*.conf` files in effect, by name; one in an earlier folder hides those of its name in later ones."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("[!.]*.conf"):
            found.setdefault(path.name, path)
    return [found[name] for name in sorted(found)]


def change(path: Path, changed: Callable[[list[str]], list[str]]) -> None:
    """Replace the lines of a file by what `changed` makes of them; mode and owner stay, and a link stays one.

    A file that is not there has no lines, and is made when it gets some.
    """
    target = path.resolve()
    with _changing:
        before = read(target)
        after = changed(before or [])
        if after == (before or []):
            return
        mode, owner, group = 0o644, 0, 0
        if before is not None:
            status = target.stat()
            mode, owner, group = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
        content = "".join(f"{line}\n" for line in after).encode(errors="surrogateescape")
        files.write(target, content, mode=mode, owner=owner, group=group)


def put_aside(path: Path, unwanted: Callable[[str], bool]) -> None:
    """Turn the lines that are unwanted into comments."""
    change(path, lambda lines: [f"{_ASIDE}{line}" if unwanted(line) else line for line in lines])


def bring_back(path: Path, wanted: Callable[[str], bool]) -> None:
    """Turn comments that were such lines into these again."""

    def back(line: str) -> str:
        former = line.removeprefix(_ASIDE)
        return former if former != line and wanted(former) else line

    change(path, lambda lines: [back(line) for line in lines])
