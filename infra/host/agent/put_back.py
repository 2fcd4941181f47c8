"""Puts back what a change had changed that nobody has confirmed; needs nothing but Python.

The agent lays this program out on the server beside what it saves, because the agent may be gone when it is needed.
A timer starts it as `put_back.py <name>`, and `slipway-rescue.service` at boot without a name: whatever is on trial.
"""

import fcntl
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Any, NamedTuple

PLAN = "plan.json"
"""File of a trial that says what was saved and how it is put back."""
PENDING = "pending"
"""File that names the trial nobody has confirmed yet."""
KEYED = ("passwd", "shadow", "subuid", "subgid")
"""Databases whose lines belong to the user they begin with."""
MEMBERSHIPS = ("group", "gshadow")
"""Databases whose lines belong to a group and end in the names of its members."""
BANS = Path("/var/lib/fail2ban/fail2ban.sqlite3")
"""The bans that fail2ban takes up again when it starts."""

_LOCK = "lock"
_ACCOUNTS_LOCK = ".pwd.lock"
_SECONDS = 60
_ATTEMPTS = 2
_ERRORS = "surrogateescape"
_PREFIX = ".slipway-rescue."


class Outcome(NamedTuple):
    """What came of putting something back."""

    restored: list[str]
    """What differed and is as before now."""
    stuck: list[str]
    """What could not be put back, with the reason."""
    unloaded: list[str]
    """Commands that failed, with the reason."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from confirming or putting back meanwhile."""
    with (folder / _LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pending(folder: Path) -> str:
    """Return the name of the trial that nobody has confirmed yet, or nothing."""
    try:
        return (folder / PENDING).read_text()
    except FileNotFoundError:
        return ""


def begin(folder: Path, name: str) -> None:
    """Put a trial up for confirmation."""
    _write(folder / PENDING, name.encode(), mode=0o600, owner=0, group=0)


def end(folder: Path) -> None:
    """Let nothing be put back any more."""
    (folder / PENDING).unlink(missing_ok=True)
    _sync(folder)


def put_back(folder: Path, name: str, *, is_boot: bool = False, is_last: bool = True) -> Outcome:
    """Put back what was saved for a trial, have it take effect, and end the trial; call it `locked`.

    Args:
        folder: where trials are kept.
        name: the trial.
        is_boot: whether the server boots: services then read what was put back when they start, and waiting for one of
            them would wait for ever.
        is_last: whether the trial ends although a command failed; else whoever comes next tries again.
    """
    plan = json.loads((folder / name / PLAN).read_text())
    restored, stuck = _restore(plan, folder / name)
    unloaded = [] if is_boot else [reason for command in plan["reload"] if (reason := _run(command))]
    if plan["client"]:
        (_forget_ban if is_boot else _lift_ban)(plan["client"])
    if not stuck and (is_last or not unloaded):
        end(folder)
    return Outcome(restored, stuck, unloaded)


def differs(folder: Path, name: str) -> bool:
    """Tell whether something is not as it was saved."""
    saved = folder / name
    plan = json.loads((saved / PLAN).read_text())
    return any(not _is_as_saved(entry, saved) for entry in plan["files"]) or any(
        _read(account) != _as_before(account) for account in plan["accounts"]
    )


def _restore(plan: Any, saved: Path) -> tuple[list[str], list[str]]:
    restored, stuck = [], []
    steps: list[tuple[str, Callable[[], bool]]] = [
        *((entry["path"], lambda entry=entry: _restore_file(entry, saved)) for entry in plan["files"]),
        *((account["path"], lambda account=account: _restore_account(account)) for account in plan["accounts"]),
    ]
    for path, step in steps:
        try:
            if step():
                restored.append(path)
        except OSError as error:
            stuck.append(f"{path}: {error.strerror}")
    return restored, stuck


def _is_as_saved(entry: Any, saved: Path) -> bool:
    path = Path(entry["path"])
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return bool(entry["type"] == "absent")
    match entry["type"]:
        case "file":
            found = [stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid]
            wanted = [entry["mode"], entry["owner"], entry["group"]]
            same = stat.S_ISREG(status.st_mode) and found == wanted
            return same and path.read_bytes() == (saved / entry["copy"]).read_bytes()
        case "link":
            return path.is_symlink() and str(path.readlink()) == entry["target"]
        case _:
            return False


def _restore_file(entry: Any, saved: Path) -> bool:
    """Put a file back as it was, or remove what is there now; return whether it differed."""
    if _is_as_saved(entry, saved):
        return False
    path = Path(entry["path"])
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    match entry["type"]:
        case "file":
            content = (saved / entry["copy"]).read_bytes()
            _write(path, content, mode=entry["mode"], owner=entry["owner"], group=entry["group"])
            os.utime(path, ns=(entry["modified"], entry["modified"]))
        case "link":
            _link(path, entry["target"])
        case _:
            path.unlink(missing_ok=True)
            for folder in entry["folders"]:
                with suppress(OSError):
                    Path(folder).rmdir()
    return True


def _restore_account(account: Any) -> bool:
    """Put a user's lines of a database back and leave those of others; return whether they differed."""
    path = Path(account["path"])
    with (path.parent / _ACCOUNTS_LOCK).open("a") as lock:
        # As lckpwdf() does, which useradd and its kin call.
        fcntl.lockf(lock, fcntl.LOCK_EX)
        before = _as_before(account)
        if _read(account) == before:
            return False
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        _write(path, before.encode(errors=_ERRORS), mode=mode, owner=status.st_uid, group=status.st_gid)
    return True


def _read(account: Any) -> str:
    return Path(account["path"]).read_bytes().decode(errors=_ERRORS)


def _as_before(account: Any) -> str:
    """Return a database as it is, but with a user's lines and memberships as they were saved."""
    name, own = account["name"], account["lines"]
    lines = _read(account).splitlines()
    mine = [number for number, line in enumerate(lines) if line.partition(":")[0] == name]
    place = mine[0] if mine else account["place"]
    others = [line for line in lines if line.partition(":")[0] != name]
    if "memberships" in account:
        others = [_with_membership(line, name, account["memberships"]) for line in others]
    return "".join(f"{line}\n" for line in [*others[:place], *own, *others[place:]])


def _with_membership(line: str, name: str, memberships: dict[str, int]) -> str:
    group = line.partition(":")[0]
    start, colon, listed = line.rpartition(":")
    members = [member for member in listed.split(",") if member]
    if (name in members) == (group in memberships):
        return line
    if name in members:
        members.remove(name)
    else:
        members.insert(memberships[group], name)
    return f"{start}{colon}{','.join(members)}"


def _run(command: list[str]) -> str:
    """Run a command, twice when it fails; return why it failed, or nothing."""
    reason = ""
    for _ in range(_ATTEMPTS):
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = f"`{' '.join(command)}` failed: {type(error).__name__}"
            continue
        if done.returncode == 0:
            return ""
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = f"`{' '.join(command)}` failed: {words[-1] if words else f'exit code {done.returncode}'}"
    return reason


def _lift_ban(address: str) -> None:
    """Have fail2ban let an address in again, which knocked in vain."""
    if which("fail2ban-client"):
        _run(["fail2ban-client", "unban", address])


def _forget_ban(address: str) -> None:
    """Have fail2ban not ban an address again when it starts."""
    if not BANS.exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(BANS)) as database, database:
        database.execute("DELETE FROM bans WHERE ip = ?", (address,))
        database.execute("DELETE FROM bips WHERE ip = ?", (address,))


def _write(path: Path, content: bytes, *, mode: int, owner: int, group: int) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    temporary = path.with_name(f"{_PREFIX}{path.name}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchown(descriptor, owner, group)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    temporary.replace(path)
    _sync(path.parent)


def _link(path: Path, target: str) -> None:
    temporary = path.with_name(f"{_PREFIX}{path.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(names: list[str]) -> None:
    """Put back what is on trial, if it is still the one that was named."""
    folder = Path(__file__).resolve().parent
    with locked(folder):
        name = pending(folder)
        if not name or (names and names != [name]):
            return
        outcome = put_back(folder, name, is_boot=not names)
    for path in outcome.restored:
        sys.stdout.write(f"put back {path}: nobody has confirmed its change\n")
    for reason in (*outcome.stuck, *outcome.unloaded):
        sys.stderr.write(f"{reason}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
