"""The guard before a Redis server's data."""

from pathlib import Path

import pytest

from infra.host.agent.kind import AgentError
from infra.host.agent.redis_data import RedisData
from infra.host.plugin import checking
from infra.host.plugin.errors import InvalidInputsError
from tests.unit.host.docker_engine import DockerEngine

WANTED = RedisData(place="dev-shop-queue", container="dev-shop-cache")


@pytest.fixture
def volume(docker_engine: DockerEngine, tmp_path: Path) -> Path:
    """Return the folder of the volume, which is empty."""
    folder = tmp_path / "volume"
    folder.mkdir()
    docker_engine.replies["GET", "/volumes/dev-shop-queue"] = {"Mountpoint": str(folder)}
    return folder


def test_a_volume_that_is_not_there_yet_suits(docker_engine: DockerEngine) -> None:
    assert WANTED.read() is None
    WANTED.apply()
    assert {method for method, _, _ in docker_engine.asked} == {"GET"}


@pytest.mark.parametrize("appended", ["", "appendonlydir", "appendonly.aof"])
def test_an_empty_volume_and_one_with_a_file_of_writes_suit(volume: Path, appended: str) -> None:
    if appended:
        (volume / appended).mkdir()
        (volume / "dump.rdb").touch()
    WANTED.apply()
    assert WANTED.read() == {}


def test_a_snapshot_alone_is_refused_with_what_to_do(volume: Path) -> None:
    (volume / "dump.rdb").touch()
    assert WANTED.read() == {"appendonly": False}
    with pytest.raises(AgentError) as caught:
        WANTED.apply()
    assert "dev-shop-queue on" in str(caught.value)
    assert "`docker exec dev-shop-cache redis-cli CONFIG SET appendonly yes`" in str(caught.value)
    WANTED.remove()
    assert (volume / "dump.rdb").exists()


def test_a_folder_of_the_server_is_looked_at_as_well(tmp_path: Path) -> None:
    folder = RedisData(place=str(tmp_path), container="dev-shop-cache")
    assert folder.read() == {}
    (tmp_path / "dump.rdb").touch()
    assert folder.read() == {"appendonly": False}
    assert RedisData(place=str(tmp_path / "none"), container="c").read() is None


@pytest.mark.parametrize("inputs", [{"place": ""}, {"place": "v", "appendonly": False}])
def test_what_guards_nothing_is_refused(inputs: dict[str, object]) -> None:
    with pytest.raises(InvalidInputsError):
        checking.check(RedisData, {"container": "c", **inputs}, {})
