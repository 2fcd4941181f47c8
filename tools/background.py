"""Work beside other work, given up when the process ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from tools.command import SetupError

Result = TypeVar("Result")


def in_background(work: Callable[[], Result]) -> Future[Result]:
    """Do work in a thread; unlike an executor's, nobody waits for it when something else fails first."""
    future: Future[Result] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except (SetupError, OSError) as error:
            future.set_exception(error)

    threading.Thread(target=do, daemon=True).start()
    return future
