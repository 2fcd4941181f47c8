"""The first process of a container, as a process of the server."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from infra.host.agent import docker, places


def hang_up(described: Any) -> None:
    """Send SIGHUP to the first process of a container, or to the init before it, which hands it on.

    Docker would do so, and take the container for one that somebody has stopped: after a reboot it would not come back
    (https://github.com/moby/moby/issues/41302).

    Args:
        described: what the engine knows about the container; one that has ended since is sent nothing.
    """
    process = described["State"]["Pid"]
    # One that Docker is about to start again runs, by its words, without a process.
    if not process:
        return
    with suppress(ProcessLookupError, FileNotFoundError), _held(process) as held:
        if _is_of(process, described):
            signal.pidfd_send_signal(held, signal.SIGHUP)


@contextmanager
def _held(process: int) -> Iterator[int]:
    """Hold a process, so that what gets its number after its end is not taken for it."""
    held = os.pidfd_open(process)
    try:
        yield held
    finally:
        os.close(held)


def _is_of(process: int, described: Any) -> bool:
    """Tell whether a process is the first one of a container: by its control group, or else by another look."""
    if described["Id"] in (places.PROC / str(process) / "cgroup").read_text():
        return True
    # A control group that is the root of a namespace has no name in there.
    now = docker.container(described["Id"])
    return bool(now and now["State"]["Running"] and now["State"]["Pid"] == process)
