"""Waiting for a service by asking it again."""

import time
from collections.abc import Callable

from tests.lab.docker import last_words
from tools.command import SetupError

PATIENCE_SECONDS = 300
"""Reached where it does not come at all: on a busy machine what comes may take a minute."""


def wait_for(container: str, is_there: Callable[[], bool]) -> None:
    """Ask until the answer is yes; a refused connection counts as no.

    Raises:
        SetupError: It was not there after five minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    last = ""
    while time.monotonic() < deadline:
        try:
            if is_there():
                return
        except OSError as error:
            last = str(error)
        time.sleep(0.2)
    message = f"Waited {PATIENCE_SECONDS} s for {container} ({last or 'not ready'}). It says:\n{last_words(container)}"
    raise SetupError(message)
