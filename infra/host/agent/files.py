"""Files written whole or not at all."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

_LOCK = ".lock"
_LARGEST_BYTES = 1024 * 1024
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


def read_of_others(path: Path) -> bytes:
    """Return the content of a file in a folder that others write to.

    Raises:
        OSError: where it is no plain file of at most 1 MiB, or none at all. A pipe would never end, a device may be
            changed by being opened, and a link leads anywhere.
    """
    if stat.S_ISREG(path.lstat().st_mode):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(_LARGEST_BYTES + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        if content is not None and len(content) <= _LARGEST_BYTES:
            return content
    raise OSError(errno.EINVAL, "It is no plain file of at most 1 MiB", str(path))


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
