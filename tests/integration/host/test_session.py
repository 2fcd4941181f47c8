"""What the agent says, and what it does when nobody is there any more."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.host.agent import places, session
from infra.host.agent.kind import camel_case
from infra.host.agent.request import Request
from tests.integration.host.agent_process import PATIENCE_SECONDS, SILENCE_SECONDS, Agent
from tests.unit.host.docker_engine import DockerEngine
from tests.unit.host.edge import fields, route

OWNER = {"owner": str(os.getuid()), "group": str(os.getgid())}


class Switch(NamedTuple):
    """An agent next to an edge that serves `r1`."""

    agent: Agent
    folder: Path

    def begin(self, release: str, **changed: Any) -> None:
        """Ask for a release and return when its file is written."""
        want = {camel_case(name): value for name, value in fields(self.folder, release, **changed).items()}
        self.agent.say(id=7, op="apply", kind="Route", want=want)
        while not self.serves(release):
            assert self.agent.process.poll() is None, "the agent ended before it wrote the route"
            time.sleep(0.01)

    def serves(self, release: str) -> bool:
        """Tell whether the route is the one to a release."""
        return route(self.folder, release).read() == {}


@pytest.fixture
def agent() -> Iterator[Agent]:
    with Agent() as started:
        yield started


@pytest.fixture
def start_switch(edge_folder: Path, docker_engine: DockerEngine, locks: Path) -> Iterator[Callable[..., Switch]]:
    """Return a function that starts an agent next to an edge."""
    route(edge_folder, "r1").apply()
    started: list[Agent] = []

    def start() -> Switch:
        where = {"DOCKER_SOCKET": str(docker_engine.socket), "LOCKS": str(locks / "agent")}
        started.append(Agent({**where, "EDGE_CONFIRM_PORT": places.EDGE_CONFIRM_PORT}))
        return Switch(started[-1], edge_folder)

    yield start
    for each in started:
        each.__exit__()


def test_an_applied_resource_is_read_back(agent: Agent, tmp_path: Path) -> None:
    answer = agent.ask("apply", "File", path=str(tmp_path / "file"), content="x", **OWNER)
    assert answer["ok"]["mode"] == "0644"
    assert agent.ask("read", "File", path=str(tmp_path / "other"), content="x") == {"id": 1, "ok": None}


def test_requests_are_answered_as_they_finish(agent: Agent, tmp_path: Path) -> None:
    for number in range(50):
        agent.say(id=number, op="read", kind="Directory", want={"path": str(tmp_path)})
    assert sorted(agent.hear()["id"] for _ in range(50)) == list(range(50))


def test_a_failure_is_one_sentence(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    answer = agent.ask("apply", "File", path=str(tmp_path / "folder"), content="canary")
    assert answer == {"id": 1, "error": f"{tmp_path / 'folder'} is a folder and cannot become a file"}


def test_an_error_of_the_system_names_the_path(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = agent.ask("apply", "File", path=str(tmp_path / "file" / "below"), content="canary")
    assert answer["error"].startswith("Not a directory: ")


def test_a_full_disk_is_told_with_host_and_path(request_handled: Request) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/srv/slipway/file")
    assert session._sentence(request_handled, error) == (
        "no space left on server.test for /srv/slipway/file: `df -h` there tells which disk is full"
    )


def test_a_read_only_file_system_is_told_with_host_path_and_remedy(request_handled: Request) -> None:
    error = OSError(errno.EROFS, "Read-only file system", "/srv/slipway/file")
    assert session._sentence(request_handled, error) == (
        "/srv/slipway/file on server.test cannot be changed: its file system is read-only: "
        "see `dmesg` there for a faulty disk; `mount -o remount,rw <mount point>` opens it"
    )


def test_the_agent_comes_up_with_the_time_of_its_server(agent: Agent) -> None:
    # Not how much: a busy machine may take a while to start it.
    assert 0 <= time.time() - agent.greeting["clock"] < 3600


def test_a_defect_is_told_by_type_and_place_and_without_its_values(agent: Agent) -> None:
    answer = agent.ask("apply", "File", path="/nonexistent", content="canary", mode="canary")
    assert answer["error"].startswith("a defect of the agent: ValueError at file.py:")
    assert "canary" not in answer["error"]


def test_a_creation_that_failed_half_way_tells_what_it_left(agent: Agent, tmp_path: Path) -> None:
    answer = agent.ask("apply", "Directory", path=str(tmp_path / "new"), owner="nobody-here")
    assert answer["error"] == "there is no user nobody-here on server.test"
    assert answer["left"]["mode"] == "0755"


def test_after_a_cancel_no_request_is_taken(agent: Agent, tmp_path: Path) -> None:
    agent.say(op="cancel")
    assert agent.ask("read", "Directory", path=str(tmp_path)) == {"id": 1, "error": "interrupted"}


def test_the_agent_ends_with_its_input(agent: Agent) -> None:
    agent.hang_up()
    assert agent.process.returncode == 0


def test_a_line_that_breaks_off_ends_the_agent(agent: Agent) -> None:
    assert agent.process.stdin
    agent.process.stdin.write('{"id": 1, "op": "re')
    agent.hang_up()
    assert agent.process.returncode == 0


def test_an_acknowledged_route_stays(start_switch: Callable[..., Switch]) -> None:
    switch = start_switch()
    switch.begin("r2")
    assert switch.agent.hear() == {"id": 7, "ok": {}}
    switch.agent.say(id=7, op="ack")
    switch.agent.hang_up()
    assert switch.serves("r2")


def test_an_unacknowledged_route_is_put_back_at_the_end_of_the_input(start_switch: Callable[..., Switch]) -> None:
    switch = start_switch()
    switch.begin("r2")
    switch.agent.hear()
    switch.agent.hang_up()
    assert switch.serves("r1")


@pytest.mark.parametrize("stage", [{"drain": 600}, {"release": "mute", "timeout": 600}])
def test_a_route_under_way_is_put_back_at_the_end_of_the_input(
    start_switch: Callable[..., Switch], stage: dict[str, Any]
) -> None:
    switch = start_switch()
    switch.begin(**{"release": "r2"} | stage)
    switch.agent.hang_up()
    assert switch.serves("r1")


def test_a_route_under_way_is_put_back_when_the_plugin_falls_silent(start_switch: Callable[..., Switch]) -> None:
    switch = start_switch()
    switch.begin("r2", drain=600)
    switch.agent.let_pass(SILENCE_SECONDS)
    assert switch.agent.process.wait(PATIENCE_SECONDS) == 0
    assert switch.serves("r1")


def test_an_agent_that_hears_nothing_ends() -> None:
    with Agent(silence=0.1) as agent:
        assert agent.process.wait(PATIENCE_SECONDS) == 0


def test_a_plugin_that_pings_is_not_silent(agent: Agent, tmp_path: Path) -> None:
    for _ in range(12):
        agent.let_pass(SILENCE_SECONDS - 1)
        agent.say(op="ping")
    assert agent.ask("read", "Directory", path=str(tmp_path))["id"] == 1


def test_a_route_under_way_is_put_back_when_the_agent_is_told_to_end(start_switch: Callable[..., Switch]) -> None:
    switch = start_switch()
    switch.begin("r2", drain=600)
    switch.agent.process.send_signal(signal.SIGTERM)
    assert switch.agent.process.wait(PATIENCE_SECONDS) == 0
    assert switch.serves("r1")


def test_a_cancelled_route_is_put_back_and_told_so(start_switch: Callable[..., Switch]) -> None:
    switch = start_switch()
    switch.begin("r2", drain=600)
    switch.agent.say(op="cancel")
    assert "interrupted; the former route is back" in switch.agent.hear()["error"]
    assert switch.serves("r1")


def test_two_agents_never_change_one_product(start_switch: Callable[..., Switch]) -> None:
    first, second = start_switch(), start_switch()
    first.begin("r2")
    first.agent.hear()
    want = {camel_case(name): value for name, value in fields(second.folder, "r3").items()}
    second.agent.say(id=7, op="apply", kind="Route", want=want)
    first.agent.say(id=7, op="ack")
    assert first.serves("r2"), "the second agent waits for the first one's end"
    first.agent.hang_up()
    assert second.agent.hear() == {"id": 7, "ok": {}}
    assert second.serves("r3")


def test_a_package_manager_that_runs_is_waited_for(command: Callable[..., Path], tmp_path: Path) -> None:
    mark = tmp_path / "installed"
    command("dpkg-query", f"test -e {mark} && printf 'install ok installed\\t1'")
    command("apt-cache", "echo '  Candidate: 1'")
    log = command("apt-get", f"sleep 0.5; touch {mark}")
    with Agent() as agent:
        agent.say(id=1, op="apply", kind="Package", want={"name": "jq"})
        assert agent.hear_anything()["status"] == "installing jq"
        while not log.read_text():
            time.sleep(0.01)
        agent.hang_up()
    assert mark.exists()
