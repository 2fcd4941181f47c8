"""Containers of this server, and the places where their data are: volumes by name, folders by absolute path."""

import json
from pathlib import Path
from typing import Any

from infra.backups.program import processes
from infra.backups.program.trouble import TroubleError


def described(container: str) -> dict[str, Any] | None:
    """Return what Docker knows of a container, or nothing when there is none."""
    result = processes.run(("docker", "container", "inspect", container))
    if result.code:
        return None
    found: dict[str, Any] = json.loads(result.output)[0]
    return found


def running(container: str) -> dict[str, Any]:
    """Return what Docker knows of a container that has to run.

    Raises:
        TroubleError: it does not.
    """
    found = described(container)
    if found is None or not found["State"]["Running"]:
        text = f"container {container} does not run"
        raise TroubleError(text)
    return found


def using(place: str) -> list[str]:
    """Return the running containers that have a place, or a folder inside of it."""
    # Not by a filter: it knows no folder inside of another one.
    words = ("docker", "ps", "--no-trunc", "--format", "{{.Names}}\t{{.Mounts}}")
    listed = (line.partition("\t") for line in processes.must(words).splitlines())
    return sorted(
        _own(names) for names, _, mounts in listed if any(_is_in(mount, place) for mount in mounts.split(","))
    )


def folder(place: str) -> Path:
    """Return where the files of a place are.

    Raises:
        TroubleError: there is no such volume or folder.
    """
    if not place.startswith("/"):
        words = ("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", place)
        return Path(processes.must(words).strip())
    # restic keeps of a link that there was one, and not what it leads to.
    found = Path(place).resolve()
    if not found.is_dir():
        text = f"{place} is no folder of this server: mount the folder of a file, or say `backup: {{none: …}}`"
        raise TroubleError(text)
    return found


def _own(names: str) -> str:
    """Return a container's own name of all that it has: the others are what containers linked to it call it."""
    return next(name for name in names.split(",") if "/" not in name)


def _is_in(mount: str, place: str) -> bool:
    return mount == place or mount.startswith(f"{place}/")


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a container."""
    return dict(line.split("=", 1) for line in container["Config"].get("Env") or [] if "=" in line)
