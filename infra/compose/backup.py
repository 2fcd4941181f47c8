"""Where the data of a service lie, as far as its backups go."""

import posixpath

from infra.compose.mount import Mount
from infra.compose.project import Project, Service


def folders(project: Project) -> tuple[str, ...]:
    """Return the folders of the server that a product writes to; what is inside of another one belongs to that."""
    binds = (mount for each in project.services.values() for mount in each.mounts if mount.kind == "bind")
    written = sorted({mount.place for mount in binds if mount.keeps_data})
    return tuple(path for path in written if not any(is_inside(path, other) for other in written))


def is_inside(path: str, folder: str) -> bool:
    """Tell whether a path is one of those below a folder."""
    return posixpath.normpath(path).startswith(f"{folder.rstrip('/')}/")


def keeps(service: Service, place: str) -> bool:
    """Tell whether a service keeps data in a volume or a folder, and speaks for it therefore."""
    return any(mount.keeps_data and mount.place == place for mount in service.mounts)


def mount_of(service: Service, path: str) -> Mount | None:
    """Return in which of its data mounts a path of a service's container lies."""
    mounts = [mount for mount in service.mounts if mount.keeps_data and is_inside(path, mount.target)]
    return max(mounts, key=lambda mount: len(mount.target), default=None)


def in_place(path: str, mount: Mount) -> str:
    """Return where a path of the container is: the volume, or the folder of the server, and what follows."""
    return posixpath.join(mount.place, posixpath.relpath(path, mount.target))
