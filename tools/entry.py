"""How the commands that set things up begin and end: alone, interruptible, with one clear message when they fail."""

import fcntl
import sys
from collections.abc import Callable
from pathlib import Path

from tools.command import SetupError
from tools.progress import say

INTERRUPTED = 130


def guarded(work: Callable[[], None], lock: Path) -> int:
    """Do the work while no other run does it; return the exit code."""
    try:
        lock.parent.mkdir(exist_ok=True)
        with lock.open("w", encoding="ascii") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another run is at work here; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            work()
    except (SetupError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on from here\n")
        return INTERRUPTED
    return 0
