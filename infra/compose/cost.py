"""What a service and its releases cost at most, as pure functions of its compose files."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from infra.compose.mount import on_server
from infra.compose.project import Healthcheck, Service
from infra.compose.quantities import MiB

# Docker's own: https://docs.docker.com/reference/dockerfile/#healthcheck.
_INTERVAL_SECONDS = 30
_TIMEOUT_SECONDS = 30
_RETRIES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What containers may take together, by their limits."""

    memory: int
    """MiB."""
    cpus: Decimal
    """Processors; a container without a limit counts for none."""

    @classmethod
    def together(cls, claims: Iterable[Self]) -> Self:
        """Return the sum of some claims."""
        every = list(claims)
        return cls(memory=sum(each.memory for each in every), cpus=sum((each.cpus for each in every), Decimal(0)))


def memory_limit(service: Service, default: MiB) -> MiB:
    """Return the memory limit of each container of a service.

    Args:
        service: the service as its compose files describe it.
        default: limit of one that sets none; its reservation when that is more.
    """
    return service.memory or max(default, service.memory_reservation or default)


def standing(service: Service, default: MiB) -> Claim:
    """Return what a service may take between releases: its containers, and one for each job."""
    return _containers(service, default, service.replicas + len(service.jobs))


def of_release(service: Service, default: MiB) -> Claim:
    """Return what a release of a service may take besides: new containers beside the old ones, or a migration."""
    if service.strategy == "rolling":
        return _containers(service, default, service.replicas)
    return _containers(service, default, 1 if service.migrate else 0)


def longest_gap(service: Service) -> int:
    """Return the most seconds that a stop-first service is down: until the new container is ready or given up."""
    check = service.healthcheck if service.is_checked else None
    window = service.ready_timeout.seconds
    return service.stop_grace_period.seconds + (min(window, _verdict_seconds(check)) if check else window)


def written_data(service: Service, prefix: str) -> str:
    """Return the volumes and folders of the server that a service writes to, as people read them."""
    places = (on_server(mount.place, prefix) for mount in service.mounts if not mount.read_only)
    return ", ".join(sorted(places))


def _verdict_seconds(check: Healthcheck) -> int:
    """Return after how many seconds Docker has called a container healthy or unhealthy."""
    interval = check.interval.seconds if check.interval else _INTERVAL_SECONDS
    timeout = check.timeout.seconds if check.timeout else _TIMEOUT_SECONDS
    begin = check.start_period.seconds if check.start_period else 0
    return begin + (_RETRIES if check.retries is None else check.retries) * (interval + timeout)


def _containers(service: Service, default: MiB, count: int) -> Claim:
    return Claim(memory=count * memory_limit(service, default), cpus=count * Decimal(service.cpus or 0))
