"""How a Redis or Valkey server is set up for its memory limit and its volume."""

from infra.compose import redis
from infra.compose.project import Service
from infra.compose.quantities import MiB

# An append-only file is rewritten by a second process: what is written meanwhile is in memory twice.
# https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
_DATA_PERCENT = 75


def command(service: Service, memory: MiB) -> tuple[str, ...]:
    """Return the command that starts the server with every setting.

    Without a volume it is a cache, and writes nothing to a disk: neither a file of its writes nor snapshots.

    Args:
        service: the service.
        memory: its limit.
    """
    said = service.redis.settings if service.redis else {}
    settings = {
        # As the official image has it; else a server without a password would answer in its own container only.
        "protected-mode": "no",
        "dir": "/data",
        "maxmemory": f"{memory * _DATA_PERCENT // 100}mb",
        "maxmemory-policy": "noeviction",
        **_persistence(service),
        **{name.replace("_", "-"): value for name, value in said.items()},
    }
    words = (word for name, value in sorted(settings.items()) for word in (f"--{name}", value))
    # One word, name and value: the docker provider refuses an empty one, and Redis takes it so.
    snapshots = () if redis.data(service) else ('--save ""',)
    return (redis.program(service.image) or "", *words, *snapshots)


def _persistence(service: Service) -> dict[str, str]:
    if redis.appends(service):
        return {"appendonly": "yes", "appendfsync": "everysec"}
    return {"appendonly": "no"}
