"""The record of what a service's releases used."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import places, releases
from infra.host.agent.image import Image
from infra.profiles.scripts import prune_images
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

Command = Callable[[str, str], Path]
WEB = "dev-shop/web"


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "RELEASES", tmp_path / "releases")
    monkeypatch.setattr(places, "DOCKER_CONFIG", tmp_path / "logins")
    return tmp_path / "releases"


def reference(number: int) -> str:
    return f"registry.test/web@sha256:{number:064x}"


def image(number: int) -> Image:
    return Image(reference=reference(number), used_by=WEB)


@pytest.fixture
def pulled(docker_engine: DockerEngine) -> DockerEngine:
    """Return an engine that has every image."""
    for number in range(10):
        docker_engine.replies["GET", f"/images/{reference(number)}/json"] = {"Architecture": "amd64"}
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    return docker_engine


@pytest.mark.usefixtures("pulled")
def test_the_newest_release_is_first_and_none_is_there_twice() -> None:
    for number in (1, 2, 3, 1):
        image(number).apply()
    assert releases.noted(WEB) == [reference(1), reference(3), reference(2)]


def test_an_image_is_recorded_before_it_is_pulled(docker_engine: DockerEngine, command: Command) -> None:
    docker_engine.replies["GET", "/version"] = {"Arch": "amd64"}
    record = places.RELEASES / WEB
    log = command("docker", f"cat {record} >> {places.RELEASES}/seen")
    image(1).apply()
    assert lines(log) == [f"pull --quiet {reference(1)}"]
    assert (places.RELEASES / "seen").read_text() == f"{reference(1)}\n", "the timer might run in between"


@pytest.mark.usefixtures("pulled")
def test_a_record_that_is_lost_is_drift_and_is_healed() -> None:
    image(1).apply()
    assert image(1).read() == {}
    (places.RELEASES / WEB).unlink()
    assert image(1).read() == {"used_by": "<not recorded>"}
    image(1).apply()
    assert image(1).read() == {}


@pytest.mark.usefixtures("pulled")
def test_an_image_that_nobody_names_is_in_no_record(records: Path) -> None:
    plain = Image(reference=reference(1))
    plain.apply()
    assert plain.read() == {}
    assert not records.exists()


@pytest.mark.parametrize("used_by", ["web", "../etc/passwd", "dev-shop/..", "dev-shop/.lock", "a/b/c", ""])
def test_a_record_is_never_elsewhere(used_by: str) -> None:
    found = Image(reference=reference(1), used_by=used_by).mistakes()
    assert [field for field, _ in found] == ["used_by"]


@pytest.mark.usefixtures("pulled")
def test_the_timer_and_the_agent_mean_the_same_files(command: Command, records: Path) -> None:
    for number in range(7):
        image(number).apply()
    log = command("docker", "")
    prune_images.main(records)
    assert lines(log)[1:] == [f"image rm {reference(0)}", f"image rm {reference(1)}"]
    assert releases.noted(WEB) == [reference(number) for number in (6, 5, 4, 3, 2)]
