"""Locks, judged with real processes."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.cli.locks import Holder, Lock, holder, read_locks
from infra.cli.refusal import RefusalError

HERE = socket.gethostname()
NOW = datetime.now(tz=UTC)


def lock(process: int, *, host: str = HERE, since: datetime = NOW) -> Lock:
    """Return a lock as a process would have made it."""
    return Lock(path=Path("lock.json"), process=process, user="ops", host=host, since=since)


@pytest.fixture
def living(tmp_path: Path) -> Iterator[int]:
    """Return a living process that is called pulumi."""
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "600"]) as run:
        yield run.pid
        run.kill()


def test_a_process_that_is_gone_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as run:
        run.wait()
    assert holder(lock(run.pid), HERE) is Holder.DEAD


def test_a_process_that_has_ended_but_was_not_collected_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.read()
        os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOWAIT)
        assert holder(lock(run.pid), HERE) is Holder.DEAD


def test_a_living_process_is_alive() -> None:
    assert holder(lock(os.getpid(), since=NOW + timedelta(hours=1)), HERE) is Holder.ALIVE


def test_a_process_that_began_after_the_lock_is_another_one() -> None:
    assert holder(lock(os.getpid(), since=NOW - timedelta(days=1)), HERE) is Holder.DEAD


def test_a_pulumi_is_never_taken_for_another_process(living: int) -> None:
    reused = lock(living, since=NOW - timedelta(days=1))
    assert holder(reused, HERE) is Holder.ALIVE, "a clock that was set makes the time alone no proof"


def test_nothing_is_known_of_another_machine() -> None:
    assert holder(lock(os.getpid(), host="elsewhere"), HERE) is Holder.ELSEWHERE


def test_locks_are_read_as_pulumi_writes_them(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "slipway" / "dev"
    folder.mkdir(parents=True)
    content = {"pid": 7, "username": "ops", "hostname": "vm", "timestamp": "2026-11-21T14:59:05.845801402+01:00"}
    (folder / "a.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "a.json.attrs").write_text("{}", encoding="utf-8")
    (found,) = read_locks(tmp_path, "slipway", "dev")
    assert str(found) == "ops@vm (process 7, since 2026-11-21 13:59:05 UTC)"
    assert read_locks(tmp_path, "slipway", "test") == []


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"pid": "x", "username": "", "hostname": "", "timestamp": ""}'])
def test_a_lock_that_cannot_be_read_is_left_alone(tmp_path: Path, content: str) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "slipway" / "dev"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(RefusalError, match="cannot be read"):
        read_locks(tmp_path, "slipway", "dev")
