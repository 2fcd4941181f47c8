"""Debian packages, by programs that keep their state in files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import apt, apt_joined, places
from infra.host.agent.kind import AgentError
from infra.host.agent.package import Package
from tests.unit.host.conftest import lines

Command = Callable[..., Path]


class Archive:
    """What is installed, held and can be installed, as files named after packages."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.installed, self.listed, self.held = folder / "installed", folder / "listed", folder / "held"
        for each in (self.installed, self.listed, self.held):
            each.mkdir()
        name = 'for name; do :; done; test -e "{0}/$name"'
        query = (
            f"want=install; {name.format(self.held)} && want=hold; {name.format(self.installed)} "
            '&& printf "$want ok installed\\t1.2-3" || printf "$want ok not-installed\\t"'
        )
        policy = f'{name.format(self.listed)} && echo "  Candidate: 1.2-3" || echo "  Candidate: (none)"'
        install = f'{name.format(self.listed)} && test ! -e {self.held}/"$name" && touch {self.installed}/"$name"'
        remove = f'for name; do :; done; rm {self.installed}/"$name"'
        command("dpkg-query", query)
        command("apt-cache", policy)
        self.dpkg = command("dpkg")
        self.marks = command("apt-mark", f'case $1 in hold) touch {self.held}/"$2";; *) rm {self.held}/"$2";; esac')
        update = f"*update*) touch {self.listed}/late"
        removal = f'*" --simulate "*) ;; *" remove "*) {remove}'
        self.calls = command("apt-get", f'case "$*" in {update};; {removal};; *) {install};; esac')


@pytest.fixture
def archive(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(places, "APT_LOCKS", ())
    monkeypatch.setattr(apt, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(apt, "_fetched", {})
    monkeypatch.setattr(apt_joined, "_GATHERING_SECONDS", 0)
    return Archive(tmp_path, command)


def test_an_installed_package_has_its_version(archive: Archive) -> None:
    (archive.installed / "jq").touch()
    assert Package(name="jq").read() == {"version": "1.2-3", "held": False}


def test_a_package_that_is_there_instead_stays_as_it_is(archive: Archive) -> None:
    for name in ("docker-ce", "docker.io"):
        (archive.listed / name).touch()
    (archive.installed / "docker-ce").touch()
    (archive.held / "docker-ce").touch()
    engine = Package(name="docker.io", or_installed=("docker-ce",))
    engine.apply()
    assert engine.read() == {"version": "1.2-3 of docker-ce"}
    engine.remove()
    assert (lines(archive.calls), lines(archive.marks)) == ([], [])


def test_without_a_package_instead_the_declared_one_is_installed(archive: Archive) -> None:
    for name in ("docker-ce", "docker.io"):
        (archive.listed / name).touch()
    engine = Package(name="docker.io", or_installed=("docker-ce",))
    assert engine.read() is None
    engine.apply()
    assert lines(archive.calls)[-1].endswith(" docker.io")


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
    assert [call.split()[-2:] for call in lines(archive.calls)] == [
        ["update", "--error-on=any"],
        ["--no-install-recommends", "late"],
    ]


@pytest.mark.usefixtures("archive")
def test_a_package_that_no_archive_has_is_named() -> None:
    with pytest.raises(AgentError, match=r"archive of server\.test has no never"):
        Package(name="never").apply()


def test_of_alternatives_the_first_one_counts_that_the_archive_has(archive: Archive) -> None:
    (archive.listed / "docker.io").touch()
    alternatives = Package(name="docker-cli | docker.io")
    assert alternatives.read() is None
    alternatives.apply()
    assert alternatives.read() == {"version": "1.2-3", "held": False}
    assert lines(archive.calls)[-1].endswith(" docker.io")


def test_a_later_alternative_does_not_do_where_the_archive_has_the_first(archive: Archive) -> None:
    (archive.installed / "docker.io").touch()
    (archive.listed / "docker-cli").touch()
    assert Package(name="docker-cli | docker.io").read() is None


def test_a_hold_is_drift_and_lifted(archive: Archive) -> None:
    (archive.installed / "jq").touch()
    (archive.held / "jq").touch()
    assert Package(name="jq").read() == {"version": "1.2-3", "held": True}
    Package(name="jq").apply()
    assert lines(archive.marks) == ["unhold jq"]
    assert lines(archive.calls) == []


def test_a_package_is_held_where_that_is_wanted(archive: Archive) -> None:
    (archive.listed / "jq").touch()
    held = Package(name="jq", held=True)
    held.apply()
    assert held.read() == {"version": "1.2-3", "held": True}
    held.apply()
    assert lines(archive.marks) == ["hold jq"]


def test_a_package_that_was_held_and_removed_is_installed_again(archive: Archive) -> None:
    (archive.listed / "jq").touch()
    (archive.held / "jq").touch()
    assert Package(name="jq").read() is None
    Package(name="jq").apply()
    assert Package(name="jq").read() == {"version": "1.2-3", "held": False}


def test_removing_a_held_package_lifts_the_hold_first(archive: Archive) -> None:
    for folder in (archive.installed, archive.held):
        (folder / "jq").touch()
    Package(name="jq").remove()
    assert lines(archive.marks) == ["unhold jq"]
    assert not (archive.installed / "jq").exists()


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
    assert len([line for line in lines(archive.calls) if "--simulate" not in line]) == 1


def test_a_package_that_needs_another_one_removed_is_refused_with_its_name(archive: Archive, command: Command) -> None:
    would = "The following packages will be REMOVED:\\n  chrony ntpsec*\\n0 upgraded\\n"
    refused = f"printf '{would}'; echo 'E: Packages need to be removed but remove is disabled.' >&2; exit 100"
    log = command("apt-get", f'case "$*" in *" --no-remove install "*) {refused};; esac')
    (archive.listed / "systemd-timesyncd").touch()
    with pytest.raises(AgentError) as caught:
        Package(name="systemd-timesyncd").apply()
    assert "chrony, ntpsec on server.test would be removed for it. Nothing was changed." in str(caught.value)
    assert "package/systemd-timesyncd: {value: null" in str(caught.value)
    assert len(lines(log)) == 1


def test_a_package_that_others_need_is_not_removed(archive: Archive, command: Command) -> None:
    (archive.installed / "cron").touch()
    log = command("apt-get", 'case "$*" in *" --simulate "*) printf "Remv jobs [1]\\nRemv cron [3.0]\\n";; esac')
    with pytest.raises(AgentError, match=r"jobs on server\.test would be removed with it\. Nothing was removed"):
        Package(name="cron").remove()
    assert [line.split()[-3:] for line in lines(log)] == [["--simulate", "remove", "cron"]]


def test_a_name_that_would_be_an_option_is_a_mistake() -> None:
    assert list(Package(name="--purge").mistakes())
