"""What a PostgreSQL server is started with."""

from dataclasses import replace
from typing import Any

import pytest

from infra.compose.databases import Tuning
from infra.compose.mount import Mount
from infra.compose.project import Service
from infra.compose.quantities import MiB
from infra.services.defaults import complete
from infra.services.postgres_settings import settings
from tests.unit.services.test_container import service
from tests.unit.services.test_product import container, shop

DATA = Mount(kind="volume", source="data", target="/var/lib/postgresql/data")
DATABASE = service(name="db", image="postgres:17", mounts=(DATA,), expose=(), memory=None, cpus=None)


def told(database: Service, memory: int = 256) -> dict[str, str]:
    """Return the settings in the command of a database; nothing for one that has no command."""
    words = complete(database, MiB(memory)).command or ()
    if not words:
        return {}
    assert words[0] == "postgres"
    assert set(words[1::2]) == {"-c"}
    return dict(word.split("=", 1) for word in words[2::2])


@pytest.mark.parametrize(
    ("memory", "shared", "cached", "maintenance", "work"),
    [
        (256, "64MB", "192MB", "16MB", "4096kB"),
        (512, "128MB", "384MB", "32MB", "4096kB"),
        (1024, "256MB", "768MB", "64MB", "4096kB"),
        (4096, "1024MB", "3072MB", "256MB", "9709kB"),
        (65536, "16384MB", "49152MB", "2048MB", "155344kB"),
    ],
)
def test_memory_is_given_out_as_the_limit_allows(
    memory: int, shared: str, cached: str, maintenance: str, work: str
) -> None:
    found = settings(MiB(memory), None)
    names = ("shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem")
    assert tuple(found[name] for name in names) == (shared, cached, maintenance, work)
    assert ("max_wal_size" in found) == (memory >= 1024), "a small database rarely has a large disk"


def test_more_clients_leave_less_for_each_query() -> None:
    few, many = settings(MiB(8192), None, 50), settings(MiB(8192), None, 400)
    assert int(few["work_mem"].removesuffix("kB")) > int(many["work_mem"].removesuffix("kB"))
    assert (few["max_connections"], many["max_connections"]) == ("50", "400")


@pytest.mark.parametrize("cpus", [None, "0.5", "3.9"])
def test_few_processors_leave_the_number_of_workers_alone(cpus: str | None) -> None:
    assert not [name for name in settings(MiB(1024), cpus) if "workers" in name or "processes" in name]


def test_workers_follow_from_the_processors_and_are_never_fewer_than_postgresql_has() -> None:
    four, many = settings(MiB(4096), "4.5"), settings(MiB(65536), "16")
    names = ("max_worker_processes", "max_parallel_workers", "max_parallel_workers_per_gather")
    assert [four[name] for name in names] == ["8", "4", "2"]
    assert [many[name] for name in names] == ["16", "16", "4"]


def test_the_limit_is_that_of_the_service_or_else_of_the_product() -> None:
    assert told(DATABASE, 1024)["shared_buffers"] == "256MB"
    assert told(replace(DATABASE, memory=MiB(512)), 1024)["shared_buffers"] == "128MB"


def test_what_is_said_goes_before_what_follows() -> None:
    said = replace(DATABASE, postgres=Tuning(settings={"max_connections": "400", "shared_buffers": "1GB"}))
    found, usual = told(said, 8192), told(DATABASE, 8192)
    assert (found["max_connections"], found["shared_buffers"]) == ("400", "1GB")
    assert found["work_mem"] != usual["work_mem"], "it follows from the number of clients"
    assert found["effective_cache_size"] == usual["effective_cache_size"]


@pytest.mark.parametrize(
    "image",
    [
        "postgres:17",
        "postgres",
        "docker.io/library/postgres:12",
        "registry.example.com:5000/postgres:17-alpine",
        "postgis/postgis:17-3.5",
        "ghcr.io/pgvector/pgvector:0.8.0-pg17",
    ],
)
def test_images_that_are_made_like_the_official_one_are_tuned(image: str) -> None:
    assert told(replace(DATABASE, image=image))


@pytest.mark.parametrize(
    "image",
    [
        "postgres:11",
        "postgres:9.6",
        "timescale/timescaledb:2.17.2-pg16",
        "bitnami/postgresql:17",
        "mysql:8.4",
        "ghcr.io/example/postgres:14-vectorchord0.3.0-pgvectors0.2.0",
    ],
)
def test_images_that_may_have_a_command_of_their_own_are_left_alone(image: str) -> None:
    found = complete(replace(DATABASE, image=image), MiB(256))
    assert (found.command, found.shm_size) == (None, None)


def test_an_image_that_somebody_made_is_tuned_when_the_file_says_so() -> None:
    assert told(replace(DATABASE, image="example/postgres:17", postgres=Tuning()))


@pytest.mark.parametrize(
    "said",
    [{"command": ("postgres",)}, {"entrypoint": ("/start",)}, {"command": ()}, {"postgres": Tuning(tune=False)}],
)
def test_what_a_file_says_of_its_start_stays(said: dict[str, Any]) -> None:
    changed = replace(DATABASE, **said)
    found = complete(changed, MiB(256))
    assert (found.command, found.entrypoint, found.shm_size) == (changed.command, changed.entrypoint, None)


def test_shared_memory_grows_with_the_limit_and_is_never_less_than_dockers() -> None:
    sizes = [complete(DATABASE, MiB(memory)).shm_size for memory in (128, 256, 1024, 4096)]
    assert sizes == [64, 64, 256, 1024]
    assert complete(replace(DATABASE, shm_size=MiB(128)), MiB(4096)).shm_size == 128


def test_the_settings_are_what_the_preview_shows_and_another_release() -> None:
    databases = (DATABASE, replace(DATABASE, memory=MiB(256)))
    plain, small = (container(shop(each, ingress=[]), "shop-db") for each in databases)
    assert "shared_buffers=128MB" in plain.inputs["command"]
    assert "shared_buffers=64MB" in small.inputs["command"]
    releases = [
        next(label["value"] for label in each.inputs["labels"] if label["label"] == "slipway.release")
        for each in (plain, small)
    ]
    assert releases[0] != releases[1]
