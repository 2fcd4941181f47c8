"""Which PostgreSQL an image is."""

import pytest

from infra.compose import postgres
from infra.compose.project import Mount
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
