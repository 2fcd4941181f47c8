"""Containers that are paused or stopped for a moment, and go on whatever happens to the one who did it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from infra.backups.program import containers, places, processes
from infra.backups.program.trouble import TroubleError

_BACK = {"pause": "unpause", "stop": "start"}
# It outlives a run that is killed: systemd's signal to all processes passes it by, and the pipe then ends.
_GUARD = """\
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdin.read()
back, *containers = sys.argv[1:]
codes = [subprocess.run(["docker", back, each], stdout=subprocess.DEVNULL).returncode for each in containers]
sys.exit(max(codes, default=0))
"""


@contextmanager
def still(stillness: str, names: Sequence[str]) -> Iterator[None]:
    """Pause or stop containers, and have them go on afterwards.

    Raises:
        TroubleError: Docker refuses, or one does not go on.
    """
    if stillness == "hot" or not names:
        yield
        return
    back = _BACK[stillness]
    guard = subprocess.Popen([sys.executable, "-I", "-c", _GUARD, back, *names], stdin=subprocess.PIPE)
    if stillness == "stop":
        _mark(names)
    try:
        processes.must(("docker", stillness, *names))
        yield
    finally:
        if guard.stdin:
            guard.stdin.close()
        guard.wait()
        _unmark(name for name in names if _goes_on(name))
    if guard.returncode:
        text = f"`docker {back}` failed of {', '.join(names)}"
        raise TroubleError(text)


def start_left_over() -> None:
    """Start what a run had stopped that the server went down in: Docker itself does not."""
    for path in sorted(places.STOPPED.glob("*")):
        if not _goes_on(path.name) and containers.described(path.name) is not None:
            processes.must(("docker", "start", path.name))
        path.unlink()


def _mark(names: Sequence[str]) -> None:
    places.STOPPED.mkdir(parents=True, exist_ok=True)
    for name in names:
        (places.STOPPED / name).touch()


def _unmark(names: Iterator[str]) -> None:
    for name in names:
        (places.STOPPED / name).unlink(missing_ok=True)


def _goes_on(name: str) -> bool:
    described = containers.described(name)
    return described is not None and bool(described["State"]["Running"]) and not described["State"].get("Paused")
