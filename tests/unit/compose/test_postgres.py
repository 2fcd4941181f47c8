"""Which PostgreSQL an image is."""

import pytest

from infra.compose import postgres
from infra.compose.mount import Mount
from tests.unit.services.test_container import service


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("postgres:17", "17"),
        ("docker.io/library/postgres:16.4-alpine3.20", "16"),
        ("registry.example.com:5000/postgres:9.6", "9.6"),
        ("postgis/postgis:17-3.5", "17"),
        ("pgvector/pgvector:0.8.0-pg17", "17"),
        ("timescale/timescaledb:2.17.2-pg16", "16"),
        ("timescale/timescaledb:2.17.2", None),
        ("ghcr.io/example/postgres:14-vectorchord0.3.0-pgvectors0.2.0", "14"),
        ("postgres:latest", None),
        ("postgres", None),
        ("localhost:5432/postgres", None),
        ("mysql:8.4", None),
    ],
)
def test_the_tag_names_the_major_version(image: str, major: str | None) -> None:
    assert postgres.major(image) == major


def test_the_tag_of_the_release_goes_first_when_it_names_one() -> None:
    assert postgres.major("postgres:17", "16.4") == "16"
    assert postgres.major("postgres:17", "v3") == "17"


def test_only_a_volume_with_its_data_makes_it_stateful() -> None:
    mount = Mount(kind="volume", source="data", target="/var/lib/postgresql/data/")
    assert postgres.data(service(image="postgres:17", mounts=(mount,))) == mount
    assert postgres.data(service(image="postgres:17")) is None
    assert postgres.data(service(image="mysql:8", mounts=(mount,))) is None


@pytest.mark.parametrize(
    ("image", "target", "variables", "is_passed_over"),
    [
        ("postgres:18", "/var/lib/postgresql/data", {}, True),
        ("postgis/postgis:19-3.6", "/var/lib/postgresql/data/", {}, True),
        ("postgres:18", "/var/lib/postgresql/data", {"PGDATA": "/var/lib/postgresql/18/docker"}, True),
        ("postgres:18", "/var/lib/postgresql/data", {"PGDATA": "/var/lib/postgresql/data/pgdata"}, False),
        ("postgres:18", "/var/lib/postgresql", {}, False),
        ("postgres:17", "/var/lib/postgresql/data", {}, False),
        ("bitnami/postgresql:18", "/var/lib/postgresql/data", {}, False),
    ],
)
def test_a_mount_where_the_data_were_before_18_is_passed_over(
    image: str, target: str, variables: dict[str, str], *, is_passed_over: bool
) -> None:
    mount = Mount(kind="volume", source="data", target=target)
    found = postgres.passed_over(service(image=image, mounts=(mount,), environment=variables))
    assert (found == mount) is is_passed_over


def test_the_data_of_18_are_known_in_the_folder_that_holds_a_folder_a_version() -> None:
    mount = Mount(kind="volume", source="data", target="/var/lib/postgresql")
    assert postgres.data(service(image="postgres:18", mounts=(mount,))) == mount
