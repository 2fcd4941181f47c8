"""apt with patience, by an apt-get that fails as the real one does."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import apt, apt_lock, places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import CancelledError, Request
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
UNREACHABLE = "E: Failed to fetch http://mirror.test/debian/jq.deb  Temporary failure resolving 'mirror.test'"
OUTDATED = "E: Failed to fetch http://mirror.test/debian/jq.deb  404  Not Found [IP: 203.0.113.1 80]"
INTERRUPTED = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."
LOCKED = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)"
HOLD = """
import fcntl, sys
file = open(sys.argv[1], "wb")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the lock of dpkg; nobody waits for long."""
    monkeypatch.setattr(apt, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(apt, "_fetched", {})
    monkeypatch.setattr(places, "APT", tmp_path / "apt")
    monkeypatch.setattr(apt_lock, "_POLL_SECONDS", 0.01)
    (tmp_path / "lock").touch()
    monkeypatch.setattr(places, "APT_LOCKS", (tmp_path / "absent", tmp_path / "lock"))
    return tmp_path / "lock"


@contextmanager
def held(lock: Path) -> Iterator["subprocess.Popen[str]"]:
    """Have another process hold a lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def failing(command: Command, tmp_path: Path, complaint: str, times: int) -> Path:
    """Put an apt-get on PATH that fails the first times; return its log."""
    count = f"$(wc -l < {tmp_path}/apt-get.log)"
    return command("apt-get", f'test {count} -gt {times} || {{ echo "{complaint}" >&2; exit 100; }}')


def statuses(request_sent: list[dict[str, Any]]) -> list[str]:
    return [message["status"] for message in request_sent]


def test_another_program_is_waited_for_and_named(
    lock: Path, request_handled: Request, request_sent: list[dict[str, Any]]
) -> None:
    with held(lock) as other:
        assert other.stdin
        end = other.stdin.close

        def told(message: dict[str, Any]) -> None:
            request_sent.append(message)
            end()

        request_handled.send = told
        with apt.changing():
            assert other.wait(120) == 0
    assert statuses(request_sent) == [
        f"waiting for {Path(sys.executable).name[:15]} (process {other.pid}), which is changing packages"
    ]


@pytest.mark.usefixtures("lock")
def test_nobody_is_waited_for_when_nobody_is_there(request_sent: list[dict[str, Any]]) -> None:
    with apt.changing():
        assert statuses(request_sent) == []


def test_a_program_that_never_ends_is_an_error(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt_lock, "_POLLS", 3)
    with held(lock), pytest.raises(AgentError, match=r"has been changing packages on server\.test"), apt.changing():
        pass


def test_waiting_ends_when_the_update_is_interrupted(lock: Path, request_handled: Request) -> None:
    request_handled.stop.set()
    with held(lock), pytest.raises(CancelledError), apt.changing():
        pass


def test_nothing_is_begun_after_an_interruption(request_handled: Request) -> None:
    request_handled.stop.set()
    with pytest.raises(CancelledError), apt.changing():
        pass


def test_a_mirror_out_of_reach_is_tried_again(
    command: Command, tmp_path: Path, request_sent: list[dict[str, Any]]
) -> None:
    log = failing(command, tmp_path, UNREACHABLE, times=2)
    apt.install("jq")
    assert len(lines(log)) == 3
    assert statuses(request_sent) == [f"mirror.test is out of reach, trying again ({number} of 3)" for number in (1, 2)]


def test_a_mirror_that_stays_out_of_reach_is_named_with_the_package(command: Command, tmp_path: Path) -> None:
    log = failing(command, tmp_path, UNREACHABLE.replace("http://", "http://user:canary@"), times=9)
    with pytest.raises(AgentError) as error:
        apt.install("jq")
    assert str(error.value) == (
        "installing jq failed, 3 retries included: server.test cannot fetch from mirror.test: "
        "Temporary failure resolving 'mirror.test'"
    )
    assert len(lines(log)) == 4


def test_lists_that_suffice_are_not_fetched_again_for_a_source_that_is_out_of_reach(
    command: Command, tmp_path: Path
) -> None:
    log = failing(command, tmp_path, UNREACHABLE, times=9)
    assert apt.fetch_lists(enough=lambda: True).code == 100
    assert len(lines(log)) == 1


def test_lists_are_fetched_once(command: Command) -> None:
    log = command("apt-get")
    assert [apt.fetch_lists().code for _ in range(3)] == [0, 0, 0]
    assert len(lines(log)) == 1


def test_lists_that_could_not_be_fetched_are_not_fetched_again(command: Command, tmp_path: Path) -> None:
    log = failing(command, tmp_path, UNREACHABLE, times=9)
    assert [apt.fetch_lists().code for _ in range(3)] == [100, 100, 100]
    assert len(lines(log)) == 4


def test_lists_that_sufficed_for_one_package_are_tried_again_for_another(command: Command, tmp_path: Path) -> None:
    log = failing(command, tmp_path, UNREACHABLE, times=9)
    apt.fetch_lists(enough=lambda: True)
    apt.fetch_lists()
    assert len(lines(log)) == 5


def test_lists_are_fetched_again_when_there_is_another_source(command: Command) -> None:
    log = command("apt-get")
    folder = places.APT / "sources.list.d"
    folder.mkdir(parents=True)
    # Long ago: a clock that counts in milliseconds would not tell the two changes apart.
    os.utime(folder, (0, 0))
    apt.fetch_lists()
    (folder / "vendor.sources").touch()
    apt.fetch_lists()
    assert len(lines(log)) == 2


def test_lists_that_are_outdated_are_fetched_before_another_try(command: Command, tmp_path: Path) -> None:
    log = failing(command, tmp_path, OUTDATED, times=1)
    apt.install("jq")
    assert ["update" in line for line in lines(log)] == [False, True, False]


def test_lists_that_are_outdated_are_fetched_though_they_have_just_been(command: Command, tmp_path: Path) -> None:
    outdated = f'test $(wc -l < {tmp_path}/fetched) -gt 1 || {{ echo "{OUTDATED}" >&2; exit 100; }}'
    log = command("apt-get", f'case "$*" in *update*) echo >> {tmp_path}/fetched;; *) {outdated};; esac')
    apt.fetch_lists()
    apt.install("jq")
    assert ["update" in line for line in lines(log)] == [True, False, True, False]


def test_a_version_that_the_archive_never_had_is_no_endless_story(command: Command) -> None:
    log = command("apt-get", f'case "$*" in *update*) ;; *) echo "{OUTDATED}" >&2; exit 100;; esac')
    with pytest.raises(AgentError, match=r"installing jq failed: .*404  Not Found"):
        apt.install("jq")
    assert len(lines(log)) == 3


def test_an_interrupted_installation_is_finished_first_whatever_is_asked_for(
    command: Command, tmp_path: Path, request_sent: list[dict[str, Any]]
) -> None:
    dpkg = command("dpkg")
    failing(command, tmp_path, INTERRUPTED, times=1)
    apt.remove("jq")
    assert lines(dpkg) == ["--configure -a"]
    assert statuses(request_sent) == ["finishing an interrupted installation"]


def test_what_dpkg_alone_cannot_finish_apt_does_without_removing_anything(command: Command, tmp_path: Path) -> None:
    command("dpkg", "echo 'dependency problems' >&2; exit 1")
    log = failing(command, tmp_path, INTERRUPTED, times=1)
    apt.install("jq")
    assert lines(log)[1].endswith("--fix-broken --no-remove install")
    assert len(lines(log)) == 3


def test_a_program_that_was_faster_is_waited_for(command: Command, tmp_path: Path) -> None:
    log = failing(command, tmp_path, LOCKED, times=1)
    apt.install("jq")
    assert len(lines(log)) == 2


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        (
            "E: Release file for http://mirror.test is not valid yet (invalid for another 3h)",
            "what the archive sends is of the future: see whether that clock is right (`timedatectl`)",
        ),
        (
            "E: Release file for http://mirror.test is expired (invalid since 3d 2h 1min 5s).",
            "what the archive sends has expired: see whether that clock is right (`timedatectl`)",
        ),
        (
            "E: Failed to fetch https://mirror.test/a  The certificate chain uses not yet valid certificate.",
            "installing jq failed: by the clock of server.test, where it is ",
        ),
        (
            "E: You don't have enough free space in /var/cache/apt/archives/.",
            "installing jq failed: no space left on server.test",
        ),
        ("E: Unmet dependencies.", "installing jq failed: E: Unmet dependencies."),
    ],
)
def test_a_failure_is_told_by_its_cause(command: Command, tmp_path: Path, complaint: str, told: str) -> None:
    log = failing(command, tmp_path, complaint, times=9)
    with pytest.raises(AgentError) as error:
        apt.install("jq")
    assert told in str(error.value)
    assert len(lines(log)) == 1
