"""What a release of a service costs at most, as pure functions of its compose files."""

from infra.compose.project import Healthcheck, Service

# Docker's own: https://docs.docker.com/reference/dockerfile/#healthcheck.
_INTERVAL_SECONDS = 30
_TIMEOUT_SECONDS = 30
_RETRIES = 3


def longest_gap(service: Service) -> int:
    """Return the most seconds that a stop-first service is down: until the new container is ready or given up."""
    check = service.healthcheck if service.is_checked else None
    window = service.ready_timeout.seconds
    return service.stop_grace_period.seconds + (min(window, _verdict_seconds(check)) if check else window)


def written_data(service: Service, prefix: str) -> str:
    """Return the volumes and folders of the server that a service writes to, as people read them."""
    places = (
        f"{prefix}-{mount.source}" if mount.kind == "volume" else mount.source
        for mount in service.mounts
        if not mount.read_only
    )
    return ", ".join(sorted(places))


def _verdict_seconds(check: Healthcheck) -> int:
    """Return after how many seconds Docker has called a container healthy or unhealthy."""
    interval = check.interval.seconds if check.interval else _INTERVAL_SECONDS
    timeout = check.timeout.seconds if check.timeout else _TIMEOUT_SECONDS
    begin = check.start_period.seconds if check.start_period else 0
    return begin + (_RETRIES if check.retries is None else check.retries) * (interval + timeout)
