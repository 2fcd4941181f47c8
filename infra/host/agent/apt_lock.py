"""Other programs that change packages, such as the nightly upgrade: they are waited for."""

import fcntl
import os
import struct

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_FLOCK = "hhqqi0q"
"""`struct flock` of fcntl(2) on 64-bit Linux: type, whence, start, length, process."""
_POLL_SECONDS = 1.0
_POLLS = 600


def wait() -> None:
    """Wait until no other program changes packages.

    Raises:
        AgentError: when one still does after ten minutes.
        CancelledError: when the request was given up.
    """
    told = ""
    for _ in range(_POLLS):
        holder = _holder()
        current().pause(_POLL_SECONDS if holder else 0)
        if not holder:
            return
        if holder != told:
            current().status(f"waiting for {holder}, which is changing packages")
            told = holder
    message = f"{told} has been changing packages on {current().host} for {_POLLS * _POLL_SECONDS / 60:.0f} minutes"
    raise AgentError(message)


def _holder() -> str:
    """Return the program that holds one of the locks, if one does."""
    question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    for path in places.APT_LOCKS:
        try:
            with path.open("rb") as file:
                kind, *_, process = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, question))
        except FileNotFoundError:
            continue
        if kind != fcntl.F_UNLCK:
            return _described(process)
    return ""


def _described(process: int) -> str:
    try:
        name = (places.PROC / str(process) / "comm").read_text().strip()
    except OSError:
        name = "another program"
    return f"{name} (process {process})"
