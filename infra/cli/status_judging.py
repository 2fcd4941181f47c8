"""What of a server's state is wrong, as sentences; everything else is for information."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from infra.cli.backups import shown_span
from infra.cli.status_reading import Seen

LEAST_DISK: Final = 0.1
LEAST_MEMORY: Final = 0.05
"""Parts of the whole that have to be available."""
LEAST_DAYS: Final = 14.0
"""Of a certificate: renewals begin 30 days ahead."""
DAY: Final = 86_400
_SERIOUS: Final = ("critical", "warning")

Found = Mapping[str, Any]


def server_troubles(seen: Seen) -> Iterator[str]:
    """Yield what is wrong with a server itself."""
    if seen.found is None:
        yield seen.trouble
        return
    machine = seen.found["machine"]
    if seen.found["docker"]:
        yield seen.found["docker"]
    for disk in machine["disks"]:
        if disk["available"] < disk["total"] * LEAST_DISK:
            yield f"{disk['path']} is {used(disk)} full"
    if machine["memory"]["available"] < machine["memory"]["total"] * LEAST_MEMORY:
        yield f"{used(machine['memory'])} of its memory is used"
    alerts = seen.found["alerts"]
    if alerts and alerts["trouble"]:
        yield alerts["trouble"]


def used(amount: Found) -> str:
    """Return how much of something is used."""
    return f"{1 - amount['available'] / amount['total']:.0%}" if amount["total"] else "100%"


def state(service: Found) -> str:
    """Return how a service is, in a word or two."""
    container = service["container"]
    if container is None:
        return "not there" if not service["ends"] else "never ran"
    if container["status"] != "running":
        ended = f"{container['status']} with {container['exit_code']}"
        return f"{ended}, out of memory" if container["oom_killed"] else ended
    return str(container["health"] or "running")


def is_wrong(service: Found) -> bool:
    """Tell whether a service is not as it should be; one that is `starting` is given its time."""
    container = service["container"]
    if service["ends"]:
        return bool(container and container["exit_code"])
    return container is None or container["status"] != "running" or container["health"] == "unhealthy"


def backup_trouble(target: Found, now: float) -> str:
    """Return what is wrong with the backups of a product at a target; empty when nothing is."""
    last, good, drill, fresh = (target[name] for name in ("last", "good", "drill", "freshness"))
    if last is None:
        return "no backup yet"
    if last["exit"] or good is None:
        return str(last.get("reason", "it was told to stop"))
    if age(good["end"], now) > target["stale_after"]:
        return "too old"
    if fresh and fresh["exit"]:
        return str(fresh.get("reason", "the target has no backup that is young enough"))
    return f"drill: {drill.get('reason', 'it was told to stop')}" if drill and drill["exit"] else ""


def certificate_trouble(end: float | None, now: float) -> str:
    """Return what is wrong with a certificate; empty when nothing is."""
    if end is None:
        return "there is none"
    days = (end - now) / DAY
    if days < 0:
        return f"it ended {shown_span(now - end)} ago"
    return f"it ends in {shown_span(end - now)}" if days < LEAST_DAYS else ""


def is_serious(alert: Found) -> bool:
    """Tell whether an alert is more than a remark."""
    return alert["severity"] in _SERIOUS


def age(moment: str, now: float) -> float:
    """Return how many seconds ago something was."""
    return now - datetime.fromisoformat(moment).timestamp()
