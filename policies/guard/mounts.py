"""Rules on what a container may see of the server's files, and of its own."""

import posixpath
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence, each
from .resource import Resource
from .rules import rule
from .settings import Setting
from .types import CONTAINER, VOLUME
from .workload import WORKLOADS, each_of, read

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


SENSITIVE: Final = tuple(
    PurePosixPath(path)
    for path in (
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/home",
        "/lib",
        "/lib64",
        "/opt/secrets",
        "/proc",
        "/root",
        "/sbin",
        "/sys",
        "/usr",
        "/var/backups",
        "/var/log",
        "/var/spool/cron",
    )
)
"""What the server is made of, who may sign in to it and what it keeps of others."""
HARMLESS: Final = frozenset(map(PurePosixPath, ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo")))
"""What says nothing but the time zone; read-only."""
OUR_PATH: Final = "/srv"
SHARED: Final = frozenset({"shared", "rshared", "slave", "rslave"})
LOOSE: Final = frozenset({"exec", "suid", "dev"})
"""Options by which a temporary file system gets back what Docker takes away by default."""


@rule(
    "D02",
    on=WORKLOADS,
    severity=Severity.CRITICAL,
    remedy=REMEDY,
    sources=("CIS Docker 5.32", "KICS d6355c88", "CL-0001"),
)
def container_does_not_reach_the_docker_socket(workload: Resource) -> Iterator[Sentence]:
    """Containers see neither the Docker socket nor the engine's files.

    Whoever can talk to the engine is root on the server; a read-only mount of a socket can be written to all the same,
    and a label a container gives itself is no permission.
    """
    if workload.kind == CONTAINER:
        yield from each(workload, "volumes", _volume)
    yield from each_of(workload, "mounts", _mount)


@rule("D02", on=VOLUME, severity=Severity.CRITICAL, remedy=REMEDY, sources=("CIS Docker 5.32",))
def volume_does_not_reach_the_docker_socket(volume: Resource) -> Iterator[Sentence]:
    """Volumes do not stand for the Docker socket or the engine's files.

    A volume with a `device` option is a bind mount by another name.
    """
    yield from _device(volume.get("driverOpts") or {}, "driverOpts")


@rule(
    "D05",
    on=WORKLOADS,
    severity=Severity.CRITICAL,
    remedy="Put what the program needs below `/srv`, or mount it read-only; other folders are listed under `writable`.",
    sources=("CIS Docker 5.6", "KICS 1c1325ff", "CL-0013", "CL-0025"),
    settings={"writable": Setting(description="Folders of servers below which containers may write.")},
)
def container_sees_no_sensitive_path(workload: Resource) -> Iterator[Sentence]:
    """Containers see nothing of the server's own files, and write only below `/srv`.

    A password file, a key or a program that the server runs is the server.
    """
    roots = tuple(map(PurePosixPath, (OUR_PATH, *workload.settings["writable"])))
    if workload.kind == CONTAINER:
        yield from each(workload, "volumes", partial(_bound, source="hostPath", roots=roots))
    yield from each_of(workload, "mounts", partial(_bound, source="source", roots=roots))


@rule(
    "D20",
    on=WORKLOADS,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `readOnly` (`read_only` in the compose file), and give what it writes a volume or a `tmpfs`.",
    sources=("CIS Docker 5.13", "CL-0007"),
)
def container_has_a_read_only_root(workload: Resource) -> Iterator[Sentence]:
    """Containers cannot change their own programs.

    What breaks in has nowhere to leave something that runs again.
    """
    place, read_only = read(workload, "readOnly")
    if not read_only:
        yield f"`{place}` is not set."


@rule(
    "D20",
    on=CONTAINER,
    severity=Severity.MEDIUM,
    remedy="Drop `exec`, `suid` and `dev` from the options: Docker's defaults forbid them.",
    sources=("CL-0022",),
)
def temporary_files_are_not_run(container: Resource) -> Iterator[Sentence]:
    """Nothing in a temporary file system can be run.

    It is the one place that a container with a read-only root can write a program to. Its size counts as memory, which
    is limited.
    """
    for index, options in enumerate((container.get("tmpfs") or {}).values()):
        if LOOSE.intersection(options.split(",")):
            yield f"The options of `tmpfs` number {index + 1} allow it."


@rule(
    "D26",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Drop `bindOptions.propagation`.",
    sources=("CIS Docker 5.20", "KICS baa452f0", "CL-0017"),
)
def mount_is_not_propagated(workload: Resource) -> Iterator[Sentence]:
    """What a container mounts stays in it.

    A shared mount appears on the server, and in every other container that has it.
    """
    yield from each_of(workload, "mounts", _propagated)


def normal(path: str) -> PurePosixPath | None:
    """Return a path of the server without detours; nothing for what is none, such as the name of a volume."""
    if not path.startswith("/"):
        return None
    # normpath keeps two leading slashes, which Linux reads as one.
    return PurePosixPath("/" + posixpath.normpath(path).lstrip("/"))


def bound(mount: Mapping[str, Any], source: str) -> PurePosixPath | None:
    """Return the path of the server that is mounted; nothing for a named volume, and what is in memory.

    Args:
        mount: one of a container's `volumes` or `mounts`.
        source: `hostPath` for the former, `source` for the latter.
    """
    return normal(mount.get(source) or "") if source == "hostPath" or mount.get("type") == "bind" else None


def reaches_engine(path: str) -> bool:
    """Tell whether a mounted path holds, or lies in, what only the engine may touch."""
    mounted = normal(path)
    return mounted is not None and (
        mounted.name in SOCKETS
        or any(mounted.is_relative_to(folder) or folder.is_relative_to(mounted) for folder in ENGINE_FOLDERS)
    )


def _volume(place: str, volume: Mapping[str, Any]) -> Iterator[Sentence]:
    if reaches_engine(volume.get("hostPath") or ""):
        yield f"`{place}.hostPath` reaches the Docker engine."


def _mount(place: str, mount: Mapping[str, Any]) -> Iterator[Sentence]:
    if mount.get("type") == "bind" and reaches_engine(mount.get("source") or ""):
        yield f"`{place}.source` reaches the Docker engine."
    options = mount.get("volumeOptions") or {}
    yield from _device(options.get("driverOptions") or {}, f"{place}.volumeOptions.driverOptions")


def _device(options: Mapping[str, Any], place: str) -> Iterator[Sentence]:
    if reaches_engine(options.get("device") or ""):
        yield f"`{place}.device` reaches the Docker engine."


def _bound(
    place: str, mount: Mapping[str, Any], *, source: str, roots: tuple[PurePosixPath, ...]
) -> Iterator[Sentence]:
    path = bound(mount, source)
    if path is None or (path in HARMLESS and mount.get("readOnly")):
        return
    if any(path.is_relative_to(folder) or folder.is_relative_to(path) for folder in SENSITIVE):
        yield f"`{place}.{source}` is a part of the server."
    elif not mount.get("readOnly") and not any(path.is_relative_to(root) for root in roots):
        yield f"`{place}.{source}` can be written to, and is not below `{OUR_PATH}`."


def _propagated(place: str, mount: Mapping[str, Any]) -> Iterator[Sentence]:
    if ((mount.get("bindOptions") or {}).get("propagation") or "") in SHARED:
        yield f"`{place}.bindOptions.propagation` shares the mount."
