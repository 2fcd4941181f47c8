"""How a PostgreSQL server is set up for the limits of its container."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from infra.compose import postgres
from infra.compose.project import Service
from infra.compose.quantities import MiB

_WORKERS = 8
"""PostgreSQL's own `max_worker_processes`."""
_SMALLEST_WORK_MEM_KB = 4 * 1024
_LARGEST_MAINTENANCE_MB = 2 * 1024
_CPUS_FOR_PARALLEL = 4
_MOST_PARALLEL = 4
_MEMORY_FOR_WAL = MiB(1024)
_DOCKERS_SHM = MiB(64)
_SHOWN = tuple(map(MiB, (256, 512, 1024, 4096)))


def command(service: Service, memory: MiB) -> tuple[str, ...]:
    """Return the command that starts the server with every setting.

    Args:
        service: the service.
        memory: its limit.
    """
    said = service.postgres.settings if service.postgres else {}
    merged = {**settings(memory, service.cpus, postgres.max_connections(service)), **said}
    return ("postgres", *(word for name, value in sorted(merged.items()) for word in ("-c", f"{name}={value}")))


def settings(memory: MiB, cpus: str | None, max_connections: int = postgres.MAX_CONNECTIONS) -> Mapping[str, str]:
    """Return the settings that follow from the limits of a container, as PostgreSQL reads them.

    The formulas are those of pgtune for a web application on SSDs (https://github.com/le0pard/pgtune, commit 7caef27,
    `configurationSlice.js`), which follow chapter 19 of PostgreSQL's documentation. A container's page cache counts
    against its limit, so its limit is what pgtune calls the total memory. Three things are otherwise:
    `maintenance_work_mem` is 2 GB at most, because each of three autovacuum workers may take it; there are never
    fewer worker processes than PostgreSQL's own eight, which extensions and replication use too; and below 1 GB
    the write-ahead log keeps PostgreSQL's own sizes, because a small database rarely has a large disk.

    Args:
        memory: limit of the container.
        cpus: limit of its processors; none leaves PostgreSQL's own parallelism.
        max_connections: how many clients at once.
    """
    parallel = _parallel(cpus)
    shared = memory // 4
    workers = int(parallel.get("max_worker_processes", str(_WORKERS)))
    work_mem = (memory - shared) * 1024 // ((max_connections + workers) * 3)
    return {
        "max_connections": str(max_connections),
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 1), _LARGEST_MAINTENANCE_MB)}MB",
        "work_mem": f"{max(work_mem, _SMALLEST_WORK_MEM_KB)}kB",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        **({"min_wal_size": "1GB", "max_wal_size": "4GB"} if memory >= _MEMORY_FOR_WAL else {}),
        **parallel,
    }


def shared_memory(memory: MiB) -> MiB:
    """Return how large `/dev/shm` is, where parallel queries keep what their workers share; Docker's own is 64 MB."""
    return MiB(max(memory // 4, _DOCKERS_SHM))


def table() -> Iterator[str]:
    """Yield the settings at several limits as a table for people, with four processors or more."""
    columns = [settings(memory, "4") for memory in _SHOWN]
    names = list(columns[-1])
    yield f"| setting | {' | '.join(f'{memory} MB' for memory in _SHOWN)} |"
    yield f"|---|{'---|' * len(_SHOWN)}"
    for name in names:
        yield f"| `{name}` | {' | '.join(column.get(name, 'not set') for column in columns)} |"
    yield f"| `shm_size` | {' | '.join(f'{shared_memory(memory)}m' for memory in _SHOWN)} |"


def _parallel(cpus: str | None) -> Mapping[str, str]:
    count = math.floor(Decimal(cpus)) if cpus else 0
    if count < _CPUS_FOR_PARALLEL:
        return {}
    step = str(min(math.ceil(count / 2), _MOST_PARALLEL))
    return {
        "max_worker_processes": str(max(count, _WORKERS)),
        "max_parallel_workers": str(count),
        "max_parallel_workers_per_gather": step,
        "max_parallel_maintenance_workers": step,
    }
