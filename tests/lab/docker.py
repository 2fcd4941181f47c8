"""The machine's Docker Engine, through its own client."""

import contextlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.command import SetupError, run

KEYS_LABEL = "slipway.lab.keys"
"""Label of a container; its value is a hash of the keys it was made with."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file to lay into a container."""

    text: str
    mode: int = 0o644
    user: int = 0


def docker(*arguments: str, stdin: str | bytes = b"", timeout: float = 900) -> str:
    """Run Docker's client and return what it printed."""
    return run("docker", *arguments, stdin=stdin, timeout=timeout)


def inspect(kind: str, name: str) -> Mapping[str, Any] | None:
    """Describe an object of the engine; nothing when there is none of that name."""
    try:
        found = json.loads(docker(kind, "inspect", name))
    except SetupError as error:
        if "no such" in str(error).lower() or "not found" in str(error).lower():
            return None
        raise
    description: Mapping[str, Any] = found[0]
    return description


def put(container: str, files: Mapping[str, Content]) -> None:
    """Lay files into a container, running or not; folders on the way are made for root alone."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in files.items():
            data = content.text.encode()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(data), content.mode
            entry.uid = entry.gid = content.user
            tar.addfile(entry, io.BytesIO(data))
    docker("cp", "-", f"{container}:/", stdin=archive.getvalue())


def running(container: str, keys: str) -> bool:
    """Start a container of the lab that was made with the given keys; tell whether there is one.

    What a killed run left half made, and what was made with keys that are gone, is removed.
    """
    description = inspect("container", container)
    if description is None:
        return False
    labels = description["Config"]["Labels"] or {}
    state = description["State"]
    if state["Status"] in {"created", "removing", "dead"} or labels.get(KEYS_LABEL) != keys:
        docker("rm", "--force", "--volumes", container)
        return False
    if state["Paused"]:
        docker("unpause", container)
    elif not state["Running"]:
        docker("start", container)
    return True


def last_words(container: str) -> str:
    """Return the last lines that a container logged, on both streams."""
    merged = run("sh", "-c", 'docker logs --tail 10 "$1" 2>&1', "sh", container)
    return merged.strip()


def labelled(kind: str, label: str) -> list[str]:
    """List the names or ids of the engine's objects that carry a label."""
    if kind == "container":
        listed = docker("ps", "--all", "--quiet", "--filter", f"label={label}")
    else:
        listed = docker(kind, "ls", "--quiet", "--filter", f"label={label}")
    return sorted(set(listed.split()))


def flags(name: str, values: Iterable[str]) -> list[str]:
    """Repeat a flag of Docker's client, once for each value."""
    return [part for value in values for part in (name, value)]


def remove_quietly(kind: str, name: str) -> None:
    """Remove an object of the engine unless it is gone or in use."""
    with contextlib.suppress(SetupError):
        docker(kind, "rm", name)
