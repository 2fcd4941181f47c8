"""A Redis or Valkey server in its own running container."""

import os
import shutil
import time
from pathlib import Path

from infra.backups.program import containers, processes
from infra.backups.program.plan import Item
from infra.backups.program.trouble import TroubleError

_PATIENCE_SECONDS = 600
_PAUSE_SECONDS = 0.5
_ATTEMPTS = 5
LINKS = "_slipway_links"
"""Ending of a folder beside that of the files, so that a link is enough."""
_CHECKERS = {"redis-cli": "redis-check-rdb", "valkey-cli": "valkey-check-rdb"}


def save(item: Item) -> Path:
    """Have the server write down all it holds; return a folder with the files as of one moment.

    Raises:
        TroubleError: the server does not run, refuses, or cannot write.
    """
    containers.running(item.container)
    _wait(item)
    answer = _ask(item, "BGSAVE")
    if "started" not in answer:
        text = f"the server in container {item.container} refuses to save: {answer}"
        raise TroubleError(text)
    _wait(item)
    if _persistence(item).get("rdb_last_bgsave_status") != "ok":
        text = f"the server in container {item.container} could not save: see its log"
        raise TroubleError(text)
    return _linked(containers.folder(item.place))


def require_whole(item: Item, image: str, folder: Path) -> None:
    """Have the server's own program read what was saved.

    Raises:
        TroubleError: it is damaged.
    """
    if not (folder / "dump.rdb").exists():
        text = f"there is no dump.rdb of {item.name} in the backup"
        raise TroubleError(text)
    alone = ("--rm", "--network", "none", "--volume", f"{folder}:/data:ro")
    processes.must(("docker", "run", *alone, "--entrypoint", _CHECKERS[item.client], image, "/data/dump.rdb"))


def _wait(item: Item) -> None:
    """Wait until nothing is being written."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _persistence(item).get("rdb_bgsave_in_progress") != "0":
        if time.monotonic() > deadline:
            text = f"the server in container {item.container} has not saved in {_PATIENCE_SECONDS} s"
            raise TroubleError(text)
        time.sleep(_PAUSE_SECONDS)


def _persistence(item: Item) -> dict[str, str]:
    lines = _ask(item, "INFO", "persistence").splitlines()
    found = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    if not found:
        text = f"the server in container {item.container} refuses: {processes.last_line(chr(10).join(lines))}"
        raise TroubleError(text)
    return found


def _ask(item: Item, *words: str) -> str:
    return processes.must(("docker", "exec", item.container, item.client, *words)).strip()


def _linked(folder: Path) -> Path:
    """Link all files into a folder beside: the server replaces them or adds to them, and changes none."""
    links = folder.with_name(f"{folder.name}{LINKS}")
    for _ in range(_ATTEMPTS):
        shutil.rmtree(links, ignore_errors=True)
        before = _manifests(folder)
        try:
            shutil.copytree(folder, links, copy_function=os.link, ignore=shutil.ignore_patterns("temp-*"))
            _own_alike(folder, links)
        except (OSError, shutil.Error):
            continue
        if _manifests(folder) == before:
            return links
    text = f"the files of {folder} do not stand still: the server rewrites them all the time"
    raise TroubleError(text)


def _own_alike(folder: Path, links: Path) -> None:
    """Give copied folders the owners of those that they are copies of: a link has them already."""
    for name, _, _ in os.walk(links):
        owner = (folder / Path(name).relative_to(links)).stat()
        os.chown(name, owner.st_uid, owner.st_gid)


def _manifests(folder: Path) -> dict[str, int]:
    """Return what changes when the server begins another append-only file."""
    return {str(path): path.stat().st_ino for path in sorted(folder.glob("**/*.manifest"))}
