"""Files written whole or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

_LOCK = ".lock"
DIFFERS = "<differs on the server: sha256"
"""How the text begins that stands for content which is not as wanted."""


def write(path: Path, content: bytes, *, mode: int, owner: int = 0, group: int = 0) -> None:
    """Write a file so that a reader, or a power cut, finds the former content or the new one.

    Missing folders are made, open to all for reading. The temporary file lies beside the file, under a name that
    programs which watch the folder pass over.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.slipway")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(descriptor, owner, group)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        error.filename = str(path)
        raise
    sync_folder(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep everybody else who asks for this from changing what is in a folder, which is made when it is missing."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def link(path: Path, target: Path) -> None:
    """Make a symbolic link, in place of whatever is there."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.slipway")
    temporary.symlink_to(target)
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def difference(found: bytes) -> str:
    """Return the text that stands for content which differs on the server; the content itself may be secret."""
    lines = len(found.splitlines())
    return f"{DIFFERS} {sha256(found).hexdigest()}, {lines} line{'' if lines == 1 else 's'}>"
