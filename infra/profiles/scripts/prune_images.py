"""Remove the images of former releases that no rollback needs any more; runs on a server, by a timer.

Each service has a file below the folder of records: one image by digest a line, the newest first, written by the agent
before it pulls an image. An image goes when it is older than the last five of every service that ever used it, and no
container uses it; a service that has had no container for a week needs none. What no record names is somebody else's:
it stays.
"""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RECORDS = Path("/var/lib/slipway/releases")
LOCK = ".lock"
KEPT = 5
"""Releases of a service that can be rolled back to without a pull."""
GONE = "No such image"
WEEK = 7 * 86_400
LABELS = '{{.Label "slipway.stack"}}-{{.Label "slipway.product"}}/{{.Label "slipway.service"}}'
"""Of a container, the name of its service's record."""


def main(records: Path = RECORDS) -> int:
    """Remove what is to go and shorten the records; return the exit code."""
    if not records.is_dir():
        return 0
    running = services()
    for image in sorted(superseded(records, running)):
        with locked(records):
            # A release of the last moment may have put it first again.
            if image in superseded(records, running) and removed(image):
                forget(records, image)
    return 0


def services() -> set[str]:
    """Return the services that have a container, be it a stopped one."""
    listing = ("docker", "ps", "--all", "--format", LABELS)
    return set(subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split())


def superseded(records: Path, running: set[str]) -> set[str]:
    """Return the images that are in a record and among the last five of no service that is there."""
    lists = {path: path.read_text(encoding="utf-8").split() for path in files(records)}
    kept = {image for path, images in lists.items() if not is_over(path, running) for image in images[:KEPT]}
    return {image for images in lists.values() for image in images} - kept


def is_over(path: Path, running: set[str]) -> bool:
    """Tell whether a service is gone for good: whoever takes one away may want it back the next day."""
    service = path.relative_to(path.parents[1]).as_posix()
    return service not in running and path.stat().st_mtime < time.time() - WEEK


def removed(image: str) -> bool:
    """Remove an image; tell whether it is gone. Docker itself refuses one that a container uses."""
    result = subprocess.run(["docker", "image", "rm", image], check=False, capture_output=True, text=True)
    gone = result.returncode == 0 or GONE in result.stderr
    sys.stdout.write(f"{image}: {'removed' if gone else f'kept: {result.stderr.strip()}'}\n")
    return gone


def forget(records: Path, image: str) -> None:
    """Take an image out of every record."""
    for path in files(records):
        images = path.read_text(encoding="utf-8").split()
        if image in images:
            temporary = path.with_name(f".{path.name}.prune")
            temporary.write_text("".join(f"{each}\n" for each in images if each != image), encoding="utf-8")
            # A service that is gone does not come back by losing an image.
            shutil.copystat(path, temporary)
            temporary.replace(path)


def files(records: Path) -> list[Path]:
    """Return the record of every service; names with a dot before them are the agent's temporary files."""
    return [path for path in sorted(records.glob("*/*")) if path.is_file() and not path.name.startswith(".")]


@contextmanager
def locked(records: Path) -> Iterator[None]:
    """Keep the agent from writing a record meanwhile."""
    with (records / LOCK).open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
