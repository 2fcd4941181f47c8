"""Rules on what one service may ask of its server, and on whether its container can ever get ready."""

import posixpath
from collections.abc import Iterator
from pathlib import PurePosixPath

from infra.compose import postgres
from infra.compose.mount import Mount, own_folder
from infra.compose.project import Service
from infra.compose.quantities import Duration
from infra.config.mistakes import Finding

_DOCKERS_INTERVAL = Duration(30_000)
_SOCKETS = frozenset({"docker.sock", "containerd.sock", "podman.sock"})
_CLOCKS = frozenset({"/etc/localtime", "/etc/timezone"})


def broken_container_rules(service: Service, prefix: str) -> Iterator[Finding]:
    """Yield every broken rule of a service.

    Args:
        service: the service.
        prefix: `<stack>-<product>`.
    """
    at = ("services", service.name)
    for mount in service.mounts:
        text = _outside(mount, PurePosixPath(own_folder(prefix))) if mount.kind == "bind" else None
        if text:
            yield Finding((*at, "volumes"), f"{mount.source} {text}")
    if any(label.startswith("traefik.") for label in service.labels):
        text = "`traefik.…` leads nowhere: the edge reads no labels; say it by `ingress` in the stack file"
        yield Finding((*at, "labels"), text)
    if postgres.data(service) and postgres.major(service.image) is None:
        text = "must name PostgreSQL's major version in its tag, such as `:17`: another one cannot read the data"
        yield Finding((*at, "image"), text)
    if postgres.passed_over(service):
        text = (
            "has a mount at /var/lib/postgresql/data, over which PostgreSQL 18 and later ends at once: its image has "
            "the data in a folder of /var/lib/postgresql, so mount the volume there"
        )
        yield Finding((*at, "volumes"), text)
    if service.memory and service.memory_reservation and service.memory_reservation > service.memory:
        yield Finding((*at, "mem_reservation"), "must not be more than the limit: Docker refuses it")
    if service.migrate and postgres.data(service):
        text = "runs before this service does, which is the database itself: put it on a service that uses the database"
        yield Finding((*at, "x-slipway", "migrate"), text)
    yield from _healthcheck(service)
    yield from _same_target(service)


def _outside(mount: Mount, folder: PurePosixPath) -> str | None:
    """Return what to do about a bind of what is not the product's own."""
    path = PurePosixPath(posixpath.normpath(mount.source))
    if path.is_relative_to(folder):
        return None
    if path.name in _SOCKETS:
        return "cannot be mounted: a container that reaches Docker is root on the server"
    if str(path) in _CLOCKS:
        return "cannot be mounted: set the time zone by `environment: {TZ: …}`"
    return f"is outside of {folder}: keep data in a named volume, and files of the server below that folder"


def _healthcheck(service: Service) -> Iterator[Finding]:
    """A release waits so long and no longer; a check that first runs after that can never pass."""
    check = service.healthcheck
    if check is None or not service.is_checked:
        return
    early = check.start_interval if check.start_period else None
    first = early or check.interval or _DOCKERS_INTERVAL
    if (first.milliseconds or _DOCKERS_INTERVAL.milliseconds) >= service.ready_timeout.milliseconds:
        text = (
            f"is first asked after {first}, and a release waits {service.ready_timeout}: "
            "ask more often, or set `x-slipway: {ready: {timeout: …}}`"
        )
        yield Finding(("services", service.name, "healthcheck", "interval"), text)


def _same_target(service: Service) -> Iterator[Finding]:
    """Docker refuses two mounts at one path when the container is made, which is after others were touched."""
    targets = [
        *(posixpath.normpath(mount.target) for mount in service.mounts),
        *(posixpath.normpath(config.path) for config in service.configs),
        *(posixpath.normpath(path) for path in service.tmpfs),
    ]
    for target in sorted({target for target in targets if targets.count(target) > 1}):
        yield Finding(("services", service.name, "volumes"), f"two mounts have the same target {target}")
