"""Where the data of a service lie, as far as its backups go."""

import posixpath

from infra.compose.mount import Mount
from infra.compose.project import Service


def volume_of(service: Service, path: str) -> Mount | None:
    """Return the volume of a service that a path of its container lies in."""
    mounts = [mount for mount in service.mounts if mount.kind == "volume" and _is_below(path, mount.target)]
    return max(mounts, key=lambda mount: len(mount.target), default=None)


def inside(path: str, mount: Mount) -> str:
    """Return a path of the container as it is from the root of the volume."""
    return posixpath.relpath(path, mount.target)


def _is_below(path: str, folder: str) -> bool:
    return posixpath.normpath(path).startswith(f"{folder.rstrip('/')}/")
