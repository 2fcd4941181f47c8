"""Lines that tell a waiting person what happens, with the seconds since the start."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

REMINDER_SECONDS = 20
"""How often a long step says that it is still at work."""
_STARTED = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stdout.write(f"{time.monotonic() - _STARTED:6.1f} s  {text}\n")
    sys.stdout.flush()


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step that takes a while, remind of it, and tell its end."""
    began = time.monotonic()
    ended = threading.Event()

    def remind() -> None:
        while not ended.wait(REMINDER_SECONDS):
            say(f"{text}: at work for {time.monotonic() - began:.0f} s")

    say(f"{text} …")
    threading.Thread(target=remind, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
    say(f"{text}: done in {time.monotonic() - began:.1f} s")
