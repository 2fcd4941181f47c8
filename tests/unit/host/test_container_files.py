"""Settings of a container: checked, put in place, and read by it without a restart."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.agent.container_files import ContainerFiles
from infra.host.agent.kind import AgentError
from tests.unit.host.conftest import lines
from tests.unit.host.docker_engine import DockerEngine

Command = Callable[[str, str], Path]


def settings(folder: Path, **files: str) -> ContainerFiles:
    return ContainerFiles(
        folder=str(folder / "settings"),
        files={name.replace("_", "."): text for name, text in files.items()},
        container="watcher",
        image="watcher@sha256:0",
        mount="/etc/watcher",
        check=("tool", "check", "/etc/watcher/a.yml"),
    )


class Watcher:
    """A container whose first process is this one."""

    def __init__(self, engine: DockerEngine, processes: Path) -> None:
        self.engine = engine
        self.told = 0
        """How often it was told to read its settings anew."""
        self._cgroup = processes / str(os.getpid()) / "cgroup"
        self._cgroup.parent.mkdir(parents=True)
        self.is_in("/system.slice/docker-watcher-id.scope")
        self.runs()

    def runs(self, *processes: int) -> None:
        """Have it run, as one process after the other."""
        for name in ("watcher", "watcher-id"):
            states = [{"Running": True, "Pid": each} for each in processes or (os.getpid(),)]
            self.engine.container(name, *(states if name == "watcher" else states[-1:]), more={"Id": "watcher-id"})

    def is_in(self, group: str) -> None:
        """Put the process into a control group."""
        self._cgroup.write_text(f"0::{group}\n", encoding="ascii")

    def hear(self, *_: object) -> None:
        """Count what it is told."""
        self.told += 1


@pytest.fixture
def running(docker_engine: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watcher]:
    """Return a container that runs and can be told something."""
    monkeypatch.setattr(places, "PROC", tmp_path / "proc")
    watcher = Watcher(docker_engine, tmp_path / "proc")
    former = signal.signal(signal.SIGHUP, watcher.hear)
    yield watcher
    signal.signal(signal.SIGHUP, former)


def test_settings_are_checked_by_the_image_before_the_container_is_told(
    tmp_path: Path, command: Command, running: Watcher
) -> None:
    log = command("docker", "")
    wanted = settings(tmp_path, a_yml="one")
    assert wanted.read() is None
    wanted.apply()
    assert wanted.read() == {"files": {"a.yml": "one"}}
    (call,) = lines(log)
    assert call.startswith("run --rm --network=none --read-only --cap-drop=ALL")
    assert call.endswith("--entrypoint=tool watcher@sha256:0 check /etc/watcher/a.yml")
    assert running.told == 1
    assert {method for method, _, _ in running.engine.asked} == {"GET"}, "Docker would not start it again at boot"


def test_settings_that_are_as_wanted_are_left_alone(tmp_path: Path, command: Command, running: Watcher) -> None:
    log = command("docker", "")
    settings(tmp_path, a_yml="one").apply()
    settings(tmp_path, a_yml="one").apply()
    assert (len(lines(log)), running.told) == (1, 1)


def test_settings_that_are_refused_leave_the_former_ones(tmp_path: Path, command: Command, running: Watcher) -> None:
    command("docker", "")
    settings(tmp_path, a_yml="one").apply()
    command_of = tmp_path / "bin" / "docker"
    command_of.write_text("#!/bin/sh\necho 'line 1: no such field' >&2\nexit 1\n", encoding="utf-8")
    with pytest.raises(AgentError, match=r"^the settings of watcher were refused, .*: line 1: no such field$"):
        settings(tmp_path, a_yml="two", b_yml="more").apply()
    assert settings(tmp_path, a_yml="one").read() == {"files": {"a.yml": "one"}}
    assert running.told == 1


def test_an_image_without_the_tool_checks_nothing(tmp_path: Path, command: Command, running: Watcher) -> None:
    command("docker", "exit 127")
    settings(tmp_path, a_yml="one").apply()
    assert running.told == 1


def test_a_container_that_does_not_run_is_told_nothing(tmp_path: Path, command: Command, running: Watcher) -> None:
    command("docker", "")
    running.engine.container("watcher", {"Running": False, "Pid": 0})
    settings(tmp_path, a_yml="one").apply()
    assert running.told == 0


@pytest.mark.parametrize(("further", "told"), [(0, 1), (1, 0)])
def test_where_no_control_group_tells_docker_is_asked_again(
    further: int, told: int, tmp_path: Path, command: Command, running: Watcher
) -> None:
    command("docker", "")
    running.is_in("/")
    running.runs(os.getpid(), os.getpid() + further)
    settings(tmp_path, a_yml="one").apply()
    assert running.told == told, "another process may have the number by now"


@pytest.mark.parametrize("process", [0, 2**22])
def test_a_container_that_ends_meanwhile_is_told_nothing(
    process: int, tmp_path: Path, command: Command, running: Watcher
) -> None:
    command("docker", "")
    running.runs(process)
    settings(tmp_path, a_yml="one").apply()
    assert settings(tmp_path, a_yml="one").read() == {"files": {"a.yml": "one"}}
    assert running.told == 0


def test_what_is_not_declared_is_shown_and_goes(tmp_path: Path, command: Command, running: Watcher) -> None:
    command("docker", "")
    settings(tmp_path, a_yml="one", b_yml="two").apply()
    wanted = settings(tmp_path, a_yml="one")
    assert wanted.read() == {"files": {"a.yml": "one", "b.yml": "<not declared>"}}
    wanted.apply()
    assert wanted.read() == {"files": {"a.yml": "one"}}
    assert running.told == 2


def test_a_change_that_was_cut_off_before_the_container_was_told_is_seen(
    tmp_path: Path, command: Command, running: Watcher
) -> None:
    command("docker", "")
    wanted = settings(tmp_path, a_yml="one")
    wanted.apply()
    (tmp_path / "settings" / ".next").mkdir()
    assert wanted.read() == {"files": {"a.yml": "one", ".next": "<not loaded yet>"}}
    wanted.apply()
    assert wanted.read() == {"files": {"a.yml": "one"}}
    assert running.told == 2


def test_names_with_folders_are_refused_before_any_connection(tmp_path: Path) -> None:
    wrong = ContainerFiles(folder="settings", files={"../x": ""}, container="c", image="i", mount="/m")
    assert {field for field, _ in wrong.mistakes()} == {"folder", "files"}
    assert not list(tmp_path.iterdir())
