"""Where stand-ins are put, and what they never overwrite."""

import subprocess
from pathlib import Path

import pytest

from tests.lab.plugins.install import MARKER, main


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the plugin folder of an empty PULUMI_HOME whose name a shell would stumble over."""
    home = tmp_path / "pulumi's home"
    monkeypatch.setenv("PULUMI_HOME", str(home))
    return home / "plugins"


@pytest.mark.parametrize(("name", "version"), [("docker", "5.1.0"), ("github", "6.15.0"), ("random", "4.21.4")])
def test_installed_stand_in_starts_from_anywhere_and_tells_its_port(
    plugins: Path, tmp_path: Path, name: str, version: str
) -> None:
    assert main([name, version]) == 0
    folder = plugins / f"resource-{name}-v{version}"
    assert {path.name for path in folder.iterdir()} == {f"pulumi-resource-{name}", MARKER}
    command = [str(folder / f"pulumi-resource-{name}"), "127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.terminate()


def test_installing_again_changes_nothing(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker", "5.1.0"]) == 0
    before = (plugins / "resource-docker-v5.1.0").stat()
    assert main(["docker", "5.1.0"]) == 0
    assert (plugins / "resource-docker-v5.1.0").stat().st_ino == before.st_ino
    assert "already installed" in capsys.readouterr().out


def test_vendors_plugin_is_neither_replaced_nor_removed(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vendor = plugins / "resource-docker-v5.1.0" / "pulumi-resource-docker"
    vendor.parent.mkdir(parents=True)
    vendor.write_text("the vendor's")
    assert main(["docker", "5.1.0"]) == 1
    assert main(["docker", "5.1.0", "--remove"]) == 1
    assert vendor.read_text() == "the vendor's"
    assert "the vendor's plugin" in capsys.readouterr().err


def test_remains_of_an_interrupted_installation_are_replaced(plugins: Path) -> None:
    folder = plugins / "resource-docker-v5.1.0"
    folder.mkdir(parents=True)
    partial = plugins / "resource-docker-v5.1.0.partial"
    partial.touch()
    assert main(["docker", "5.1.0"]) == 0
    assert (folder / MARKER).exists()
    assert not partial.exists()
    assert [path.name for path in plugins.iterdir()] == [folder.name]


def test_stand_in_of_another_checkout_is_replaced(plugins: Path) -> None:
    folder = plugins / "resource-docker-v5.1.0"
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    (folder / "pulumi-resource-docker").write_text("#!/bin/sh\nexec elsewhere\n")
    assert main(["docker", "5.1.0"]) == 0
    assert "elsewhere" not in (folder / "pulumi-resource-docker").read_text()


def test_removed_stand_in_makes_room_for_the_vendors_plugin(plugins: Path) -> None:
    assert main(["docker", "5.1.0"]) == 0
    assert main(["docker", "5.1.0", "--remove"]) == 0
    assert list(plugins.iterdir()) == []
    assert main(["docker", "5.1.0", "--remove"]) == 0


def test_version_without_a_stand_in_is_refused(plugins: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docker", "9.9.9"]) == 1
    assert "there are: docker 5.1.0, github 6.15.0, random 4.21.4" in capsys.readouterr().err
    assert not plugins.exists()


def test_cache_of_other_projects_is_never_touched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    assert main(["docker", "5.1.0"]) == 1
    assert "PULUMI_HOME is not set" in capsys.readouterr().err
