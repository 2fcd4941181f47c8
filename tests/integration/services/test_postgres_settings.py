"""A real PostgreSQL server takes the settings that it is started with."""

from dataclasses import replace

import pytest

from infra.compose.database_settings import PostgresSettings
from infra.compose.project import Service
from infra.compose.quantities import MiB
from infra.services.postgres_settings import command
from tests.integration.services.postgres_server import running
from tests.unit.services.test_container import service

SMALLEST = PostgresSettings(
    max_connections=10,
    shared_buffers="1MB",
    effective_cache_size="1MB",
    maintenance_work_mem="1MB",
    work_mem="1MB",
    min_wal_size="32MB",
    max_wal_size="32MB",
    max_worker_processes=0,
    max_parallel_workers=0,
    max_parallel_workers_per_gather=0,
    max_parallel_maintenance_workers=0,
    random_page_cost=0.0,
    effective_io_concurrency=0,
)
"""The least that a compose file may say."""
DATABASE = service(name="db", image="postgres:17", cpus="4")
SIZE = "SELECT pg_size_bytes(current_setting(:'name')) = pg_size_bytes(:'value')"
NUMBER = "SELECT current_setting(:'name')::float8 = :'value'::float8"


@pytest.mark.parametrize(
    ("database", "memory"),
    [(DATABASE, 64), (DATABASE, 1024), (replace(DATABASE, postgres=SMALLEST.tuning()), 256)],
    ids=["small", "large", "smallest that may be said"],
)
def test_a_server_runs_with_every_setting_as_it_is_written(database: Service, memory: int) -> None:
    _, *words = command(database, MiB(memory))
    with running(*words) as server:
        for word in words[1::2]:
            name, value = word.split("=")
            assert server.ask(SIZE if value.endswith("B") else NUMBER, name=name, value=value) == ["t"], word
