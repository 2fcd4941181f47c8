"""What a container uses, by the kernel's own account: Docker would be asked for each one, and takes a second."""

from pathlib import Path
from typing import NamedTuple

from infra.monitoring.observer import places
from infra.monitoring.observer.containers import Container

_MICRO = 1e-6
_NANO = 1e-9


class Usage(NamedTuple):
    """What a container uses."""

    memory: int
    """Bytes, without what the kernel would give up first."""
    processor: float
    """Seconds since it was started."""


def usage(container: Container) -> Usage | None:
    """Return what a container uses, or nothing when its first process is gone."""
    try:
        groups = _groups(container)
        if groups is None:
            return None
        return _version_1(groups) if "memory" in groups else _version_2(groups[""])
    except (OSError, ValueError, KeyError, IndexError):
        # It may end at any moment between two reads.
        return None


def _groups(container: Container) -> dict[str, str] | None:
    """Return controller to path of its group; nothing when the process is another one's by now."""
    if not container.pid:
        return None
    lines = (places.PROC / str(container.pid) / "cgroup").read_text(encoding="utf-8").splitlines()
    groups = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path.lstrip("/")))
    return groups if any(container.id in path for path in groups.values()) else None


def _version_1(groups: dict[str, str]) -> Usage:
    memory, processor = places.CGROUPS / "memory" / groups["memory"], places.CGROUPS / "cpuacct" / groups["cpuacct"]
    used = int((memory / "memory.usage_in_bytes").read_bytes())
    spent = int((processor / "cpuacct.usage").read_bytes()) * _NANO
    return Usage(used - _field(memory / "memory.stat", "total_inactive_file"), spent)


def _version_2(path: str) -> Usage:
    group = places.CGROUPS / path
    used = int((group / "memory.current").read_bytes())
    spent = _field(group / "cpu.stat", "usage_usec") * _MICRO
    return Usage(used - _field(group / "memory.stat", "inactive_file"), spent)


def _field(path: Path, name: str) -> int:
    """Return a number of a file of names and numbers."""
    text = f"\n{path.read_text(encoding='ascii')}"
    return int(text.partition(f"\n{name} ")[2].partition("\n")[0])
