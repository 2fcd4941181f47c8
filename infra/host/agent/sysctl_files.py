"""The files that say which kernel settings the server boots with, in the order in which the last one wins."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from infra.host.agent import places, text_file

_SWAPPED = str.maketrans("./", "/.")


class Assignment(NamedTuple):
    """A line that gives a setting its value."""

    path: Path
    """File it is in."""
    value: str | None
    """The value, its words one space apart; nothing where the line says that the setting is left alone."""


def one_spaced(value: str) -> str:
    """Return a value as two are compared: the kernel separates words as it likes."""
    return " ".join(value.split())


def file_of(name: str) -> Path:
    """Return the file in which the kernel shows a setting."""
    return places.PROC_SYS / _slashed(name)


def assignments(name: str) -> list[Assignment]:
    """Return every line about a setting in the order of `systemd-sysctl`, and after them those of `/etc/sysctl.conf`.

    A setting that is named wins over patterns, wherever these are, so patterns are passed over.
    """
    wanted = _slashed(name)
    return [
        Assignment(path, value)
        for path in files()
        for line in text_file.read(path) or ()
        for found, value in _parsed(line)
        if found == wanted
    ]


def is_about(line: str, name: str, *, but: str | None = None) -> bool:
    """Return whether a line is about a setting, and gives it another value than `but`."""
    return any(found == _slashed(name) and (but is None or value != but) for found, value in _parsed(line))


def files() -> list[Path]:
    """Return the files in effect, in order."""
    return [*text_file.drop_ins(places.SYSCTL_FOLDERS), places.SYSCTL_CONF]


def _parsed(line: str) -> Iterator[tuple[str, str | None]]:
    """Yield the setting and the value of a line that has one."""
    line = line.strip()
    if not line or line[0] in "#;":
        return
    name, equals, value = line.partition("=")
    if equals or name.startswith("-"):
        yield _slashed(name.removeprefix("-").strip()), one_spaced(value) if equals else None


def _slashed(name: str) -> str:
    """Return a name as the path below `/proc/sys`; the separator that comes first tells which way it is written."""
    first = next((character for character in name if character in "./"), "/")
    return name.translate(_SWAPPED) if first == "." else name
