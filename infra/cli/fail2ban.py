"""fail2ban on a server: who is banned, and since when; the forms are those of 1.0.2 (Debian 12) and 1.1.0 (13)."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from infra.host.remote import Remote, RemoteError

CLIENT: Final = "fail2ban-client"
# Its own clock goes with it: the times of the bans are the server's.
_TIMES: Final = f"""set -e
date '+%F %T%z'
for jail; do
  echo "jail $jail"
  {CLIENT} get "$jail" banip --with-time
done"""
_LINE: Final = re.compile(r"(\S+)\s+(\S+ \S+) \+ (-?\d+) = .+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ban:
    """An address that a jail keeps out."""

    jail: str
    address: str
    since: datetime | None
    """By the clock and zone of the server; nothing when the ban ended while it was read."""
    until: datetime | None
    """Nothing when it is for ever."""
    remaining: timedelta | None


def read_bans(server: Remote) -> list[Ban]:
    """Return the bans of a server.

    Raises:
        RemoteError: it could not be asked.
    """
    banned = _banned(server)
    if not banned:
        return []
    now, times = _times(server.run("sh", "-c", _TIMES, "sh", *banned))
    return [
        _ban(jail, address, times.get((jail, address)), now)
        for jail, addresses in banned.items()
        for address in addresses
    ]


def lift_bans(server: Remote, address: str) -> int:
    """Lift the bans of an address in all jails, and return how many there were.

    Raises:
        RemoteError: it could not be asked.
    """
    answer = server.run(CLIENT, "unban", address).strip()
    if not answer.isdecimal():
        text = f"{server.connection.host} answered `{CLIENT} unban` with something else than a number"
        raise RemoteError(text)
    return int(answer)


def _banned(server: Remote) -> Mapping[str, list[str]]:
    """Return the addresses of each jail that has any; the client prints a literal of Python's."""
    try:
        jails = ast.literal_eval(server.run(CLIENT, "banned").strip())
        return {str(jail): list(map(str, found)) for entry in jails for jail, found in entry.items() if found}
    except (ValueError, SyntaxError, AttributeError, TypeError):
        text = f"{server.connection.host} answered `{CLIENT} banned` in a form that is not known"
        raise RemoteError(text) from None


def _times(text: str) -> tuple[datetime, Mapping[tuple[str, str], tuple[datetime, int]]]:
    """Return the server's time, and for each jail and address when its ban began and how many seconds it lasts."""
    clock, *lines = text.splitlines()
    now = datetime.fromisoformat(clock)
    times = {}
    jail = ""
    for line in lines:
        if line.startswith("jail "):
            jail = line.removeprefix("jail ")
        elif parts := _LINE.fullmatch(line.strip()):
            times[jail, parts[1]] = (datetime.fromisoformat(parts[2]).replace(tzinfo=now.tzinfo), int(parts[3]))
    return now, times


def _ban(jail: str, address: str, times: tuple[datetime, int] | None, now: datetime) -> Ban:
    since, seconds = times or (None, -1)
    until = since + timedelta(seconds=seconds) if since and seconds >= 0 else None
    return Ban(
        jail=jail,
        address=address,
        since=since,
        until=until,
        remaining=max(until - now, timedelta()) if until else None,
    )
