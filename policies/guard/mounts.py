"""Rules on what a container may see of the server's files."""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from pulumi_policy import Severity

from .inputs import each
from .rules import rule
from .types import CONTAINER, VOLUME

SOCKETS: Final = frozenset({"docker.sock", "containerd.sock", "containerd.sock.ttrpc", "podman.sock", "crio.sock"})
ENGINE_FOLDERS: Final = tuple(
    PurePosixPath(path)
    for path in (
        "/run/docker",
        "/run/containerd",
        "/var/run/docker",
        "/var/run/containerd",
        "/var/lib/docker",
        "/var/lib/containerd",
    )
)
"""What the engine keeps for itself. A mount of one, of anything below or of a folder above gives the engine away."""

REMEDY: Final = "Take the mount away; give the program the one file it needs from below `/srv/slipway`."


@rule(on=CONTAINER, severity=Severity.CRITICAL, remedy=REMEDY)
def container_does_not_reach_the_docker_socket(container: Mapping[str, Any]) -> Iterator[str]:
    """Containers see neither the Docker socket nor the engine's files.

    Whoever can talk to the engine is root on the server; a read-only mount of a socket can be written to all the same,
    and a label a container gives itself is no permission (CIS Docker 5.32).
    """
    yield from each(container, "volumes", _volume)
    yield from each(container, "mounts", _mount)


@rule(on=VOLUME, severity=Severity.CRITICAL, remedy=REMEDY)
def volume_does_not_reach_the_docker_socket(volume: Mapping[str, Any]) -> Iterator[str]:
    """Volumes do not stand for the Docker socket or the engine's files.

    A volume with a `device` option is a bind mount by another name (CIS Docker 5.32).
    """
    yield from _device(volume.get("driverOpts") or {}, "driverOpts")


def reaches_engine(path: str) -> bool:
    """Tell whether a mounted path holds, or lies in, what only the engine may touch."""
    if not path.startswith("/"):
        return False
    # normpath keeps two leading slashes, which Linux reads as one.
    mounted = PurePosixPath("/" + posixpath.normpath(path).lstrip("/"))
    return mounted.name in SOCKETS or any(
        mounted.is_relative_to(folder) or folder.is_relative_to(mounted) for folder in ENGINE_FOLDERS
    )


def _volume(place: str, volume: Mapping[str, Any]) -> Iterator[str]:
    if reaches_engine(volume.get("hostPath") or ""):
        yield f"`{place}.hostPath` reaches the Docker engine."


def _mount(place: str, mount: Mapping[str, Any]) -> Iterator[str]:
    if mount.get("type") == "bind" and reaches_engine(mount.get("source") or ""):
        yield f"`{place}.source` reaches the Docker engine."
    options = mount.get("volumeOptions") or {}
    yield from _device(options.get("driverOptions") or {}, f"{place}.volumeOptions.driverOptions")


def _device(options: Mapping[str, Any], place: str) -> Iterator[str]:
    if reaches_engine(options.get("device") or ""):
        yield f"`{place}.device` reaches the Docker engine."
