"""The guard before a PostgreSQL server's data."""

import os
from pathlib import Path

import pytest

from infra.host.agent.kind import AgentError
from infra.host.agent.postgres_data import PostgresData
from infra.host.plugin import checking
from infra.host.plugin.errors import InvalidInputsError
from tests.unit.host.docker_engine import DockerEngine

WANTED = PostgresData(volume="dev-shop-data", major="17")


@pytest.fixture
def volume(docker_engine: DockerEngine, tmp_path: Path) -> Path:
    """Return the folder of the volume, which is empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    docker_engine.replies["GET", "/volumes/dev-shop-data"] = {"Mountpoint": str(folder)}
    return folder


def hold(volume: Path, version: str, place: str = ".") -> None:
    """Put data of a version into the volume."""
    (volume / place).mkdir(parents=True, exist_ok=True)
    (volume / place / "PG_VERSION").write_text(f"{version}\n", encoding="ascii")


def test_a_volume_that_is_not_there_yet_is_gone_and_suits(docker_engine: DockerEngine) -> None:
    assert WANTED.read() is None
    WANTED.apply()
    assert {method for method, _, _ in docker_engine.asked} == {"GET"}


@pytest.mark.usefixtures("volume")
def test_an_empty_volume_suits_every_version() -> None:
    WANTED.apply()
    assert WANTED.read() == {}


@pytest.mark.parametrize("place", [".", "pgdata", "17/docker"])
def test_data_of_the_same_version_suits_wherever_it_lies(volume: Path, place: str) -> None:
    hold(volume, "17", place)
    WANTED.apply()
    assert WANTED.read() == {}


def test_data_of_another_version_is_refused_with_the_runbook(volume: Path) -> None:
    hold(volume, "16")
    with pytest.raises(AgentError, match=r"holds data of PostgreSQL 16, which PostgreSQL 17 cannot read: see docs/run"):
        WANTED.apply()
    assert WANTED.read() == {"major": "16"}


def test_the_newest_of_several_versions_is_told(volume: Path) -> None:
    hold(volume, "9.6", "9.6/data")
    hold(volume, "16", "16/docker")
    assert WANTED.read() == {"major": "16"}


def test_an_upgrade_in_place_leaves_both_and_suits(volume: Path) -> None:
    hold(volume, "16", "16/docker")
    hold(volume, "17", "17/docker")
    WANTED.apply()
    assert WANTED.read() == {}


def test_what_is_no_version_is_passed_over(volume: Path) -> None:
    hold(volume, "16")
    for place, text in {"words": "nothing", "nan": "nan", "large": "17" + " " * 1024 * 1024}.items():
        hold(volume, text, place)
    for place, target in {"device": "/dev/zero", "link": str(volume / "PG_VERSION"), "nowhere": "/nonexistent"}.items():
        (volume / place).mkdir()
        (volume / place / "PG_VERSION").symlink_to(target)
    (volume / "pipe").mkdir()
    os.mkfifo(volume / "pipe" / "PG_VERSION")
    assert WANTED.read() == {"major": "16"}


def test_a_folder_of_the_server_is_looked_at_as_well(tmp_path: Path) -> None:
    folder = PostgresData(volume=str(tmp_path), major="17")
    assert folder.read() == {}
    hold(tmp_path, "16")
    with pytest.raises(AgentError, match=f"^folder {tmp_path} on .* holds data of PostgreSQL 16"):
        folder.apply()
    assert PostgresData(volume=str(tmp_path / "none"), major="17").read() is None


def test_removing_the_guard_leaves_the_data(volume: Path) -> None:
    hold(volume, "17")
    WANTED.remove()
    assert (volume / "PG_VERSION").exists()


def test_another_version_over_the_same_volume_is_refused_without_a_server() -> None:
    former = {"volume": "dev-shop-data", "major": "16"}
    with pytest.raises(InvalidInputsError) as caught:
        checking.check(PostgresData, {"volume": "dev-shop-data", "major": "17"}, former)
    reason = "volume dev-shop-data holds data of PostgreSQL 16, which PostgreSQL 17 cannot read"
    runbook = "docs/runbooks/postgresql-major-version.md"
    assert [failure.reason for failure in caught.value.failures] == [f"{reason}: see {runbook}"]


def test_another_version_over_another_volume_is_taken() -> None:
    inputs = {"volume": "dev-shop-data17", "major": "17"}
    assert checking.check(PostgresData, inputs, {"volume": "dev-shop-data", "major": "16"}) == inputs


def test_what_is_no_major_version_is_refused() -> None:
    with pytest.raises(InvalidInputsError):
        checking.check(PostgresData, {"volume": "v", "major": "17.2"}, {})


def test_the_runbook_is_there() -> None:
    assert Path("docs/runbooks/postgresql-major-version.md").is_file()
