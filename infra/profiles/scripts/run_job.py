"""Run a job to its end, and write down what became of it; runs on a server, as the unit of a job.

A job is a prepared container that is started, or a script that a shell reads in a container that runs. What it writes
goes to the journal. The exit code is its own, so that a failed run is a failed unit; 124 stands for one that took too
long, 143 for one that was told to stop.
"""

import contextlib
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


def main(container: str, record: Path, timeout: float, grace: int, script: Path | None = None) -> int:
    """Run the job; return the exit code.

    Args:
        container: name of the container.
        record: file with a line of JSON for each run.
        timeout: seconds it may take.
        grace: seconds the container gets to stop.
        script: what a shell in it reads; none where the container itself is the job, and is started.
    """
    signal.signal(signal.SIGTERM, terminate)
    start = now()
    outcome = run(container, timeout, script)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A container that serves besides goes on, whatever became of the script.
    if outcome.code and script is None:
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
        left = "was stopped" if script is None else "is left to itself"
        sys.stderr.write(f"{container} took more than {timeout:g} s and {left}\n")
    return outcome.code


def run(container: str, timeout: float, script: Path | None = None) -> Outcome:
    """Begin the job and wait for its end, or for the end of its time."""
    command = ["start", "--attach", container] if script is None else ["exec", "--interactive", container, "sh"]
    source = contextlib.nullcontext(subprocess.DEVNULL) if script is None else script.open(encoding="utf-8")
    try:
        with source as read:
            done = subprocess.run(["docker", *command], stdin=read, timeout=timeout, check=False)
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
    name, path, seconds, stopping, *read = sys.argv[1:]
    sys.exit(main(name, Path(path), float(seconds), int(stopping), Path(read[0]) if read else None))
