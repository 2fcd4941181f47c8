"""What is saved before a change and comes back, byte for byte."""

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from infra.host.agent import places, put_back, rescue_store
from infra.host.agent.kind import AgentError
from infra.host.agent.rescue import Rescue
from tests.unit.host.conftest import lines

DEPLOY = "deploy:x:1000:1000::/home/deploy:/bin/bash\n"
PASSWD = f"root:x:0:0:root:/root:/bin/bash\n{DEPLOY}last:x:1001:1001::/:/bin/sh\n"
GROUP = "root:x:0:\nsudo:x:27:alice,deploy,zoe\ndocker:x:999:\ndeploy:x:1000:\n"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Path]) -> Path:
    """Return the folder of the trials."""
    for name in ("systemd-run", "systemctl"):
        command(name)
    for place, folder in {"RESCUE": "rescue", "UNITS": "units", "ACCOUNTS": "etc"}.items():
        monkeypatch.setattr(places, place, tmp_path / folder)
    (tmp_path / "etc").mkdir()
    return tmp_path / "rescue"


def start_program(store: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run what the agent has laid out, as the timer or the boot unit does."""
    program = [sys.executable, "-I", str(store / "put_back.py"), *words]
    return subprocess.run(program, check=True, capture_output=True, text=True)


def test_a_file_comes_back_with_its_bytes_mode_owner_and_time(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\xff former\r\n")
    file.chmod(0o4640)
    os.chown(file, 1234, 4321)
    file.chmod(0o4640)
    os.utime(file, ns=(5, 5))
    trial = rescue_store.arm(Rescue(files=(str(file),)))
    file.unlink()
    file.write_text("changed")
    assert rescue_store.undo(trial).restored == [str(file)]
    status = file.stat()
    assert file.read_bytes() == b"\xff former\r\n"
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_mtime_ns) == (0o4640, 1234, 4321, 5)
    assert not list(store.glob("*/"))


def test_a_changed_mode_alone_comes_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("same")
    (tmp_path / "file").chmod(0o600)
    trial = rescue_store.arm(Rescue(files=(str(tmp_path / "file"),)))
    assert not rescue_store.is_changed(trial)
    (tmp_path / "file").chmod(0o666)
    assert rescue_store.is_changed(trial)
    rescue_store.undo(trial)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_link_comes_back_as_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    trial = rescue_store.arm(Rescue(files=(str(tmp_path / "link"),)))
    (tmp_path / "link").unlink()
    (tmp_path / "link").write_text("changed")
    rescue_store.undo(trial)
    assert (tmp_path / "link").readlink() == Path("nowhere")


def test_what_was_not_there_goes_with_the_folders_made_for_it(tmp_path: Path) -> None:
    file = tmp_path / "home" / ".ssh" / "authorized_keys"
    trial = rescue_store.arm(Rescue(files=(str(file),)))
    file.parent.mkdir(parents=True)
    file.write_text("changed")
    rescue_store.undo(trial)
    assert not (tmp_path / "home").exists()


def test_a_folder_that_holds_something_else_by_now_stays(tmp_path: Path) -> None:
    file = tmp_path / "home" / "file"
    trial = rescue_store.arm(Rescue(files=(str(file),)))
    file.parent.mkdir()
    file.write_text("changed")
    (tmp_path / "home" / "other").write_text("precious")
    rescue_store.undo(trial)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["other"]


def test_what_cannot_be_saved_is_not_put_on_trial(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="neither a file nor a link"):
        rescue_store.arm(Rescue(files=(str(tmp_path / "etc"),)))
    assert not rescue_store.is_pending()


def test_one_file_that_cannot_be_put_back_does_not_keep_the_others(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_text("former")
    trial = rescue_store.arm(Rescue(files=tuple(map(str, files))))
    files[0].unlink()
    (files[0] / "in the way").mkdir(parents=True)
    files[1].write_text("changed")
    outcome = rescue_store.undo(trial)
    assert outcome.restored == [str(files[1])]
    assert str(files[0]) in outcome.stuck[0]
    assert rescue_store.is_pending(), "the timer tries again"


def test_a_users_lines_come_back_and_those_of_others_stay_as_they_are_by_now() -> None:
    passwd, group = places.ACCOUNTS / "passwd", places.ACCOUNTS / "group"
    passwd.write_text(PASSWD)
    group.write_text(GROUP)
    trial = rescue_store.arm(Rescue(accounts=("deploy",)))
    # The account goes, and a package that is being installed adds one of its own meanwhile.
    passwd.write_text(PASSWD.replace(DEPLOY, "") + "ufw:x:101:101::/:/bin/sh\n")
    group.write_text("root:x:0:\nsudo:x:27:alice,zoe\ndocker:x:999:deploy\nufw:x:101:\n")
    assert rescue_store.is_changed(trial)
    assert rescue_store.undo(trial).restored == [str(passwd), str(group)]
    assert passwd.read_text() == PASSWD + "ufw:x:101:101::/:/bin/sh\n"
    assert group.read_text() == "root:x:0:\nsudo:x:27:alice,deploy,zoe\ndocker:x:999:\ndeploy:x:1000:\nufw:x:101:\n"


def test_a_users_changed_line_comes_back_in_its_place() -> None:
    passwd = places.ACCOUNTS / "passwd"
    passwd.write_text(PASSWD)
    passwd.chmod(0o644)
    trial = rescue_store.arm(Rescue(accounts=("deploy",)))
    passwd.write_text(PASSWD.replace("deploy:/bin/bash", "deploy:/usr/sbin/nologin"))
    rescue_store.undo(trial)
    assert passwd.read_text() == PASSWD
    assert passwd.stat().st_mode & 0o777 == 0o644


def test_commands_run_in_order_after_the_files_are_back(tmp_path: Path, command: Callable[..., Path]) -> None:
    file = tmp_path / "file"
    file.write_text("former")
    log = command("reload", f"cat {file} >> {tmp_path / 'reload.log'}; echo >> {tmp_path / 'reload.log'}")
    trial = rescue_store.arm(Rescue(files=(str(file),), reload=(("reload", "a"), ("reload", "b"))))
    file.write_text("changed")
    assert rescue_store.undo(trial).unloaded == []
    assert lines(log) == ["a", "former", "b", "former"]


def test_a_command_that_fails_is_tried_again_and_left_for_the_timer(store: Path, command: Callable[..., Path]) -> None:
    log = command("reload", "echo 'Bad configuration' >&2; exit 1")
    trial = rescue_store.arm(Rescue(reload=(("reload",), ("no-such-program",))))
    outcome = rescue_store.undo(trial)
    assert outcome.unloaded == ["`reload` failed: Bad configuration", "`no-such-program` failed: FileNotFoundError"]
    assert len(lines(log)) == 2
    assert rescue_store.is_pending()
    start_program(store, trial)
    assert len(lines(log)) == 4
    assert not rescue_store.is_pending(), "whoever comes last ends it"


def test_a_boot_waits_for_no_service(store: Path, tmp_path: Path, command: Callable[..., Path]) -> None:
    log = command("reload")
    trial = rescue_store.arm(Rescue(files=(str(tmp_path / "file"),), reload=(("reload",),)))
    (tmp_path / "file").write_text("changed")
    told = start_program(store).stdout
    assert told == f"put back {tmp_path / 'file'}: nobody has confirmed its change\n"
    assert lines(log) == []
    assert not (tmp_path / "file").exists()
    assert trial


def test_a_boot_has_fail2ban_forget_the_ban_of_the_client(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "2001:db8::7 50000 2001:db8::1 22")
    monkeypatch.setattr(put_back, "BANS", tmp_path / "bans.sqlite3")
    with closing(sqlite3.connect(put_back.BANS)) as database, database:
        banned = "SELECT '2001:db8::7' AS ip UNION ALL SELECT '2001:db8::8'"
        database.executescript(f"CREATE TABLE bans AS {banned}; CREATE TABLE bips AS {banned}")
    trial = rescue_store.arm(Rescue())
    put_back.put_back(store, trial, is_boot=True)
    with closing(sqlite3.connect(put_back.BANS)) as database:
        left = database.execute("SELECT ip FROM bans UNION ALL SELECT ip FROM bips").fetchall()
    assert left == [("2001:db8::8",), ("2001:db8::8",)]


def test_the_ban_of_the_client_is_lifted(command: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.7 50000 192.0.2.1 22")
    log = command("fail2ban-client", "exit 255")
    trial = rescue_store.arm(Rescue())
    assert rescue_store.undo(trial).unloaded == [], "there may be no ban, and no fail2ban that runs"
    assert set(lines(log)) == {"unban 203.0.113.7"}


def test_what_lies_on_the_server_is_laid_out_anew_when_somebody_has_changed_it(store: Path) -> None:
    rescue_store.keep(rescue_store.arm(Rescue()))
    program, unit = store / "put_back.py", places.UNITS / "slipway-rescue.service"
    former = (program.read_bytes(), unit.read_bytes())
    program.write_text("raise SystemExit")
    unit.unlink()
    rescue_store.keep(rescue_store.arm(Rescue()))
    assert (program.read_bytes(), unit.read_bytes()) == former


def test_the_boot_unit_comes_before_everything_that_reads_what_it_puts_back() -> None:
    rescue_store.arm(Rescue())
    unit = (places.UNITS / "slipway-rescue.service").read_text()
    before = " ".join(line.removeprefix("Before=") for line in unit.splitlines() if line.startswith("Before="))
    assert {"network-pre.target", "ssh.service", "ufw.service", "slipway-firewall.service"} <= set(shlex.split(before))
    assert "DefaultDependencies=no" in unit, "with them, systemd breaks a cycle by leaving out what it likes"
