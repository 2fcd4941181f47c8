"""Containers and volumes of this server."""

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


def using(volume: str) -> list[str]:
    """Return the running containers that have a volume."""
    words = ("docker", "ps", "--filter", f"volume={volume}", "--format", "{{.Names}}")
    return sorted(processes.must(words).split())


def folder(volume: str) -> Path:
    """Return where the files of a volume are.

    Raises:
        TroubleError: there is no such volume.
    """
    words = ("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume)
    return Path(processes.must(words).strip())


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a container."""
    return dict(line.split("=", 1) for line in container["Config"].get("Env") or [] if "=" in line)
