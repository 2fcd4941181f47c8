"""Debian packages, by programs that keep their state in files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent.kind import AgentError
from infra.host.agent.package import Package
from tests.unit.host.conftest import lines

Command = Callable[..., Path]


class Archive:
    """What is installed and what can be, as files named after packages."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.installed, self.listed = folder / "installed", folder / "listed"
        self.installed.mkdir()
        self.listed.mkdir()
        name = 'for name; do :; done; test -e "{0}/$name"'
        query = f'{name.format(self.installed)} && printf "install ok installed\\t1.2-3"'
        policy = f'{name.format(self.listed)} && echo "  Candidate: 1.2-3" || echo "  Candidate: (none)"'
        install = f'{name.format(self.listed)} && touch {self.installed}/"$name"'
        remove = f'for name; do :; done; rm {self.installed}/"$name"'
        command("dpkg-query", query)
        command("apt-cache", policy)
        self.dpkg = command("dpkg")
        self.calls = command(
            "apt-get", f'case "$*" in *update*) touch {self.listed}/late;; *remove*) {remove};; *) {install};; esac'
        )


@pytest.fixture
def archive(tmp_path: Path, command: Command) -> Archive:
    return Archive(tmp_path, command)


def test_an_installed_package_has_its_version(archive: Archive) -> None:
    (archive.installed / "jq").touch()
    assert Package(name="jq").read() == {"version": "1.2-3"}


def test_an_installed_package_is_left_alone(archive: Archive) -> None:
    (archive.installed / "jq").touch()
    Package(name="jq").apply()
    assert lines(archive.calls) == []


def test_a_listed_package_is_installed_without_fetching_the_lists(
    archive: Archive, request_sent: list[dict[str, Any]]
) -> None:
    (archive.listed / "jq").touch()
    Package(name="jq").apply()
    assert [call.split()[-3:] for call in lines(archive.calls)] == [["install", "--no-install-recommends", "jq"]]
    assert [message["status"] for message in request_sent] == ["installing jq"]


def test_another_program_that_holds_the_lock_is_waited_for(archive: Archive) -> None:
    (archive.listed / "jq").touch()
    Package(name="jq").apply()
    assert "DPkg::Lock::Timeout=" in lines(archive.calls)[0]


def test_the_lists_are_fetched_when_a_package_is_not_in_them(archive: Archive) -> None:
    Package(name="late").apply()
    assert [call.split()[-1] for call in lines(archive.calls)] == ["update", "late"]


@pytest.mark.usefixtures("archive")
def test_a_package_that_no_archive_has_is_named() -> None:
    with pytest.raises(AgentError, match=r"archive of server\.test has no never"):
        Package(name="never").apply()


def test_of_alternatives_the_first_one_counts_that_the_archive_has(archive: Archive) -> None:
    (archive.listed / "docker.io").touch()
    alternatives = Package(name="docker-cli | docker.io")
    assert alternatives.read() is None
    alternatives.apply()
    assert alternatives.read() == {"version": "1.2-3"}
    assert lines(archive.calls)[-1].endswith(" docker.io")


def test_a_later_alternative_does_not_do_where_the_archive_has_the_first(archive: Archive) -> None:
    (archive.installed / "docker.io").touch()
    (archive.listed / "docker-cli").touch()
    assert Package(name="docker-cli | docker.io").read() is None


def test_an_installation_that_was_interrupted_is_finished_first(archive: Archive, command: Command) -> None:
    done = archive.installed / "jq"
    again = f"test -s {archive.dpkg} && touch {done}"
    command("apt-get", f"{again} && exit 0; echo 'E: you must manually run dpkg --configure -a' >&2; exit 100")
    (archive.listed / "jq").touch()
    Package(name="jq").apply()
    assert lines(archive.dpkg) == ["--configure -a"]
    assert done.exists()


def test_a_full_disk_is_told_as_such(archive: Archive, command: Command) -> None:
    command("apt-get", "echo 'E: write error - No space left on device' >&2; exit 100")
    (archive.listed / "jq").touch()
    with pytest.raises(AgentError, match=r"no space left on server\.test"):
        Package(name="jq").apply()


def test_removing_a_package_twice_succeeds(archive: Archive) -> None:
    (archive.installed / "jq").touch()
    Package(name="jq").remove()
    Package(name="jq").remove()
    assert len(lines(archive.calls)) == 1


def test_a_name_that_would_be_an_option_is_a_mistake() -> None:
    assert list(Package(name="--purge").mistakes())
