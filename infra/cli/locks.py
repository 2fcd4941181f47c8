"""Locks that Pulumi leaves in a state folder, and whether who holds one still lives.

A lock is `.pulumi/locks/organization/<project>/<stack>/<id>.json` with process id, user, host and time
(pulumi v3.259.0, pkg/backend/diy/lock.go); whoever was killed leaves it behind.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from infra.cli.refusal import RefusalError

PROGRAM = "pulumi"
SLACK = timedelta(seconds=2)
"""`ps` counts whole seconds from a boot time that is itself rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One lock file."""

    path: Path
    process: int
    user: str
    host: str
    since: datetime

    def __str__(self) -> str:
        """Return who holds it."""
        return f"{self.user}@{self.host} (process {self.process}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


class Holder(Enum):
    """What is known of the process that made a lock."""

    DEAD = auto()
    ALIVE = auto()
    ELSEWHERE = auto()
    """It ran on another machine, whose processes cannot be seen from here."""


def read_locks(state: Path, project: str, stack: str) -> list[Lock]:
    """Return the locks of a stack in a state folder."""
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def holder(lock: Lock, host: str) -> Holder:
    """Find out about the process that made a lock.

    Its number may belong to another process by now. That is only believed of a process that is not Pulumi and began
    after the lock was made: a clock that was set in between makes the time alone no proof.
    """
    if lock.host != host:
        return Holder.ELSEWHERE
    listed = _process(lock.process)
    if listed is None:
        return Holder.DEAD
    program, began = listed
    return Holder.DEAD if program != PROGRAM and began > lock.since + SLACK else Holder.ALIVE


def _read(path: Path) -> Lock:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Lock(
            path=path,
            process=int(content["pid"]),
            user=str(content["username"]),
            host=str(content["hostname"]),
            since=datetime.fromisoformat(content["timestamp"]).astimezone(UTC),
        )
    except (ValueError, KeyError, TypeError):
        # Half a file is what a killed process or a full disk leaves; whose it was cannot be known.
        text = f"the lock {path} cannot be read: make sure that no `pulumi up` runs, then `pulumi cancel`."
        raise RefusalError(text) from None


def _process(number: int) -> tuple[str, datetime] | None:
    """Return program and start of a living process; one that has ended but was not yet collected is dead."""
    try:
        run = subprocess.run(
            ["ps", "-p", str(number), "-o", "stat=,lstart=,comm="],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        text = "`ps` is missing, so nobody can tell whether the lock's process lives: install procps."
        raise RefusalError(text) from None
    words = run.stdout.split(maxsplit=6)
    if not words or words[0].startswith(("Z", "X")):
        return None
    began = datetime.strptime(" ".join(words[1:6]), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return Path(words[6].strip()).name, began
