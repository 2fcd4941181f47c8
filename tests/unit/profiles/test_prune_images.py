"""The script that removes images which no rollback needs."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from infra.profiles.scripts import prune_images

Images = list[str]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that holds a file for each image in use, and the log of what was removed."""
    folder = tmp_path / "docker"
    (folder / "used").mkdir(parents=True)
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = ps ]; then cat {folder}/services; exit; fi\n'
        f'if [ -e "{folder}/used/$3" ]; then echo "image is being used" >&2; exit 1; fi\n'
        f'if [ "$3" = gone ]; then echo "Error: No such image: $3" >&2; exit 1; fi\necho "$3" >> {folder}/removed\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    (folder / "removed").touch()
    (folder / "services").write_text("-/\ndev-shop/web\n", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def record(folder: Path, service: str, images: Images) -> Path:
    path = folder / "records" / service
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{image}\n" for image in images), encoding="utf-8")
    return path


def removed(docker: Path) -> Images:
    return (docker / "removed").read_text(encoding="utf-8").split()


def numbered(count: int, name: str = "web") -> Images:
    """Return images, the newest first."""
    return [f"{name}-{number}" for number in range(count, 0, -1)]


def test_the_last_five_of_a_service_stay(docker: Path, tmp_path: Path) -> None:
    path = record(tmp_path, "dev-shop/web", numbered(7))
    assert prune_images.main(tmp_path / "records") == 0
    assert removed(docker) == ["web-1", "web-2"]
    assert path.read_text(encoding="utf-8").split() == numbered(7)[:5]


def test_an_image_that_another_service_may_roll_back_to_stays(docker: Path, tmp_path: Path) -> None:
    record(tmp_path, "dev-shop/web", numbered(7))
    record(tmp_path, "test-shop/web", ["web-1"])
    prune_images.main(tmp_path / "records")
    assert removed(docker) == ["web-2"]


def test_an_image_that_a_container_uses_stays_and_is_tried_again(docker: Path, tmp_path: Path) -> None:
    path = record(tmp_path, "dev-shop/web", numbered(6))
    (docker / "used/web-1").touch()
    assert prune_images.main(tmp_path / "records") == 0, "what is in use is no fault"
    assert removed(docker) == []
    assert path.read_text(encoding="utf-8").split() == numbered(6)
    (docker / "used/web-1").unlink()
    prune_images.main(tmp_path / "records")
    assert removed(docker) == ["web-1"]


def test_an_image_that_is_gone_already_is_forgotten(docker: Path, tmp_path: Path) -> None:
    path = record(tmp_path, "dev-shop/web", [*numbered(5), "gone"])
    prune_images.main(tmp_path / "records")
    assert removed(docker) == []
    assert path.read_text(encoding="utf-8").split() == numbered(5)


@pytest.mark.parametrize("service", [None, "dev-shop/web"])
def test_without_a_record_nothing_is_removed(docker: Path, tmp_path: Path, service: str | None) -> None:
    if service:
        record(tmp_path, service, [])
    assert prune_images.main(tmp_path / "records") == 0
    assert removed(docker) == []


@pytest.mark.parametrize("days", [6, 8])
def test_a_service_that_has_been_gone_for_a_week_keeps_no_images(docker: Path, tmp_path: Path, days: int) -> None:
    path, here = record(tmp_path, "dev-blog/web", numbered(2, "blog")), record(tmp_path, "dev-shop/web", numbered(2))
    then = time.time() - days * 86_400
    for each in (path, here):
        os.utime(each, (then, then))
    prune_images.main(tmp_path / "records")
    assert removed(docker) == (["blog-1", "blog-2"] if days == 8 else [])


def test_an_engine_that_does_not_tell_its_containers_loses_no_image(docker: Path, tmp_path: Path) -> None:
    record(tmp_path, "dev-shop/web", numbered(7))
    (docker / "services").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        prune_images.main(tmp_path / "records")
    assert removed(docker) == []


def test_files_that_are_being_written_are_no_records(docker: Path, tmp_path: Path) -> None:
    record(tmp_path, "dev-shop/web", numbered(5))
    record(tmp_path, "dev-shop/.web.1a2b.slipway", numbered(9, "half"))
    prune_images.main(tmp_path / "records")
    assert removed(docker) == []


def test_an_image_that_is_released_again_meanwhile_stays(
    docker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path, "dev-shop/web", numbered(6))
    found = prune_images.superseded

    def rolled_back(records: Path, running: set[str]) -> set[str]:
        superseded = found(records, running)
        path.write_text("".join(f"{image}\n" for image in ["web-1", *numbered(6)[:5]]), encoding="utf-8")
        return superseded

    monkeypatch.setattr(prune_images, "superseded", rolled_back)
    prune_images.main(tmp_path / "records")
    assert "web-1" not in removed(docker)
