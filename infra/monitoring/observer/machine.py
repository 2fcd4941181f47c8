"""The server itself, for people: how long it is up, its memory, its disks, whether it waits for a reboot."""

import os
from pathlib import Path
from typing import Any, Final

from infra.monitoring.observer import places

_DISKS: Final = (Path("/"), Path("/var/lib/docker"))
_UNIT: Final = 1024


def machine() -> dict[str, Any]:
    """Return what is known of the server; sizes are bytes."""
    uptime = (places.PROC / "uptime").read_text(encoding="ascii").split()[0]
    memory = dict(line.split(":", 1) for line in (places.PROC / "meminfo").read_text(encoding="ascii").splitlines())
    return {
        "uptime_seconds": float(uptime),
        "memory": {
            "total": int(memory["MemTotal"].split()[0]) * _UNIT,
            "available": int(memory["MemAvailable"].split()[0]) * _UNIT,
        },
        "disks": _disks(),
        "reboot_required": places.REBOOT_REQUIRED.exists(),
    }


def _disks() -> list[dict[str, Any]]:
    """Return the file systems that fill up, each once."""
    found: dict[int, dict[str, Any]] = {}
    for path in _DISKS:
        if path.exists():
            sizes = os.statvfs(path)
            total, available = sizes.f_blocks * sizes.f_frsize, sizes.f_bavail * sizes.f_frsize
            found.setdefault(path.stat().st_dev, {"path": str(path), "total": total, "available": available})
    return list(found.values())
