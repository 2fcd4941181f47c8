"""The accounts of people on this server, from its own files: those of a directory service are not ours to judge."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from infra.host.agent import places

NUMBERS = range(1000, 60000)
"""User numbers that Debian gives to people."""
_NO_SHELL = frozenset({"nologin", "false", "sync", "halt", "shutdown"})
_SECONDS_A_DAY = 86400


class Account(NamedTuple):
    """A line of passwd with what shadow has about it."""

    name: str
    number: int
    home: Path
    shell: str
    password: str
    """As shadow has it, never shown: `!` in front means locked."""
    expires: str
    """Days since 1970 from which on nobody gets in; empty for never."""

    @property
    def is_person(self) -> bool:
        """Whether somebody could work with it: a number of people's, and a shell."""
        return self.number in NUMBERS and Path(self.shell).name not in _NO_SHELL

    @property
    def is_expired(self) -> bool:
        """Whether nobody gets in any more."""
        today = int(datetime.now(UTC).timestamp()) // _SECONDS_A_DAY
        return self.expires.isdecimal() and int(self.expires) <= today

    @property
    def is_locked(self) -> bool:
        """Whether nobody gets in with a password."""
        return self.password.startswith(("!", "*"))


def accounts() -> Iterator[Account]:
    """Yield all accounts."""
    hidden = {fields[0]: fields for fields in _fields("shadow", 9)}
    for name, _, number, _, _, home, shell in _fields("passwd", 7):
        shadow = hidden.get(name, [""] * 9)
        if number.isdecimal():
            yield Account(name, int(number), Path(home), shell, shadow[1], shadow[7])


def _fields(database: str, count: int) -> Iterator[list[str]]:
    """Yield the lines of a database in fields; one that is damaged is passed over, as the system does."""
    try:
        text = (places.ACCOUNTS / database).read_bytes().decode(errors="surrogateescape")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) == count:
            yield fields
