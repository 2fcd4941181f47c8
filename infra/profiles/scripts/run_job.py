"""Run a prepared container to its end, and write down what became of it; runs on a server, as the unit of a job.

What the container writes goes to the journal. The exit code is the container's own, so that a failed run is a failed
unit; 124 stands for one that took too long, 143 for one that was told to stop.
"""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

KEPT = 100
"""Runs that are kept, the newest ones."""
TIMED_OUT = 124
TERMINATED = 143


class Terminated(BaseException):
    """Systemd wants the run to end."""


class Outcome(NamedTuple):
    """How a run ended."""

    result: str
    """`good`, `failed`, `timeout` or `stopped`."""
    code: int


def main(container: str, record: Path, timeout: float, grace: int) -> int:
    """Run the container; return the exit code.

    Args:
        container: its name.
        record: file with a line of JSON for each run.
        timeout: seconds it may take.
        grace: seconds it gets to stop.
    """
    signal.signal(signal.SIGTERM, terminate)
    start = now()
    outcome = run(container, timeout)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if outcome.code:
        # Also one whose client has lost it: what goes on unseen would meet the next run.
        subprocess.run(["docker", "stop", "--time", str(grace), container], check=False, stdout=subprocess.DEVNULL)
    note(
        record,
        {
            "job": record.stem,
            "container": container,
            "start": start,
            "end": now(),
            "exit": outcome.code,
            "result": outcome.result,
        },
    )
    if outcome.result == "timeout":
        sys.stderr.write(f"{container} took more than {timeout:g} s and was stopped\n")
    return outcome.code


def run(container: str, timeout: float) -> Outcome:
    """Start the container and wait for its end, or for the end of its time."""
    try:
        done = subprocess.run(
            ["docker", "start", "--attach", container], stdin=subprocess.DEVNULL, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome("timeout", TIMED_OUT)
    except Terminated:
        return Outcome("stopped", TERMINATED)
    return Outcome("failed" if done.returncode else "good", done.returncode)


def note(record: Path, line: dict[str, Any]) -> None:
    """Add a line to the record."""
    record.parent.mkdir(parents=True, exist_ok=True)
    former = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    lines = [*former, json.dumps(line)][-KEPT:]
    temporary = record.with_name(f".{record.name}.new")
    temporary.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    temporary.replace(record)


def now() -> str:
    """Return the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def terminate(*_: object) -> None:
    """End the wait."""
    raise Terminated


if __name__ == "__main__":
    name, path, seconds, stopping = sys.argv[1:]
    sys.exit(main(name, Path(path), float(seconds), int(stopping)))
