"""Requests for packages that come at once, or while apt runs."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from infra.host.agent import apt, apt_joined, places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import CancelledError, Request, enter
from tests.unit.host.conftest import lines

Command = Callable[..., Path]
UNREACHABLE = "E: Failed to fetch http://mirror.test/debian/a.deb  Connection refused"


class Stop(Event):
    """Tells when a request waits."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = Event()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait as any event does."""
        self.is_waited_for.set()
        return super().wait(timeout)


class Server:
    """Requests to one agent, each in a thread of its own, and what apt-get was called with."""

    def __init__(self, command: Command, pool: ThreadPoolExecutor) -> None:
        self._command = command
        self._pool = pool
        self.told: list[dict[str, Any]] = []
        self.log = self.apt_get("")
        command("dpkg-query")

    def apt_get(self, script: str) -> Path:
        """Have apt-get do something."""
        return self._command("apt-get", script)

    def request(self, name: str, *, number: int = 0, stop: Stop | None = None) -> "Future[None]":
        """Ask for a package, and return when the request waits."""
        stop = stop or Stop()
        request = Request(number=number, message={}, host="server.test", stop=stop, send=self.told.append)
        future = self._pool.submit(_install, name, request)
        assert stop.is_waited_for.wait(120)
        return future

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have something else change packages."""
        with apt.changing():
            yield

    def runs(self) -> list[set[str]]:
        """Return the packages of each run."""
        return [set(line.partition("--no-install-recommends ")[2].split()) for line in lines(self.log)]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Iterator[Server]:
    """Return a server on which nobody waits for long."""
    monkeypatch.setattr(places, "APT_LOCKS", ())
    monkeypatch.setattr(places, "APT", tmp_path / "apt")
    monkeypatch.setattr(apt, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(apt, "_fetched", {})
    monkeypatch.setattr(apt_joined, "_GATHERING_SECONDS", 0)
    with ThreadPoolExecutor() as pool:
        yield Server(command, pool)


def _install(name: str, request: Request) -> None:
    enter(request)
    apt_joined.install(name)


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)


def test_what_is_asked_for_while_packages_change_is_installed_by_one_run(server: Server) -> None:
    with server.busy():
        requests = [server.request(name) for name in ("jq", "ufw", "sudo")]
    for request in requests:
        request.result()
    assert server.runs() == [{"jq", "ufw", "sudo"}]


def test_what_is_asked_for_while_apt_runs_is_installed_by_one_more_run(server: Server, tmp_path: Path) -> None:
    server.apt_get(f"until test -e {tmp_path}/go; do sleep 0.01; done")
    first = server.request("jq")
    _until(lambda: server.runs() == [{"jq"}])
    others = [server.request(name) for name in ("ufw", "sudo")]
    (tmp_path / "go").touch()
    for request in (first, *others):
        request.result()
    assert server.runs() == [{"jq"}, {"ufw", "sudo"}]


def test_the_first_request_waits_for_those_that_come_with_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt_joined, "_GATHERING_SECONDS", 600)

    class Gathering(Stop):
        """Ends the time of gathering when all are there."""

        def wait(self, timeout: float | None = None) -> bool:
            self.is_waited_for.set()
            if timeout == 600:
                _until(lambda: len(apt_joined._orders) in {0, 3})
            return False

    for request in [server.request(name, stop=Gathering()) for name in ("jq", "ufw", "sudo")]:
        request.result()
    assert server.runs() == [{"jq", "ufw", "sudo"}]


def test_everybody_is_told_when_the_run_begins(server: Server) -> None:
    with server.busy():
        requests = [server.request(name, number=number) for number, name in enumerate(("jq", "ufw"))]
        assert server.told == []
    for request in requests:
        request.result()
    assert server.told == [{"id": 0, "status": "installing jq"}, {"id": 1, "status": "installing ufw"}]


def test_a_package_that_two_requests_want_is_named_once(server: Server) -> None:
    with server.busy():
        requests = [server.request(name) for name in ("jq", "jq")]
    for request in requests:
        request.result()
    assert lines(server.log)[0].count("jq") == 1


def test_only_the_package_fails_that_cannot_be_installed(server: Server) -> None:
    server.apt_get('case "$*" in *bad*) echo "E: bad depends on worse" >&2; exit 100;; esac')
    with server.busy():
        good, bad, other = [server.request(name) for name in ("jq", "bad", "ufw")]
    assert (good.result(), other.result()) == (None, None)
    with pytest.raises(AgentError, match=r"^installing bad failed: E: bad depends on worse$"):
        bad.result()
    assert server.runs()[0] == {"jq", "bad", "ufw"}
    assert sorted(map(sorted, server.runs()[1:])) == [["bad"], ["jq"], ["ufw"]]


def test_a_package_that_another_one_stands_in_the_way_of_holds_up_no_other(server: Server) -> None:
    would = "The following packages will be REMOVED:\\n  chrony\\n"
    refused = f"printf '{would}'; echo 'E: Packages need to be removed but remove is disabled.' >&2; exit 100"
    server.apt_get(f'case "$*" in *--no-remove*timesyncd*) {refused};; esac')
    with server.busy():
        good, bad = server.request("jq"), server.request("timesyncd")
    good.result()
    with pytest.raises(AgentError, match=r"^installing timesyncd failed: chrony on server\.test would be removed"):
        bad.result()


def test_what_a_failed_run_has_installed_all_the_same_is_done(server: Server, command: Command) -> None:
    command("dpkg-query", 'for name; do :; done; test "$name" = jq && printf "install ok installed\\t1"')
    server.apt_get('echo "E: Sub-process /usr/bin/dpkg returned an error code (1)" >&2; exit 100')
    with server.busy():
        good, bad = server.request("jq"), server.request("bad")
    good.result()
    with pytest.raises(AgentError, match=r"^installing bad failed"):
        bad.result()
    assert server.runs() == [{"jq", "bad"}, {"bad"}]


def test_a_mirror_that_was_out_of_reach_for_all_is_not_waited_for_by_each(server: Server) -> None:
    server.apt_get(f'echo "{UNREACHABLE}" >&2; exit 100')
    with server.busy():
        requests = [server.request(name) for name in ("jq", "ufw")]
    for request, name in zip(requests, ("jq", "ufw"), strict=True):
        with pytest.raises(AgentError, match=f"^installing {name} failed, 3 retries included: .* mirror.test: Conn"):
            request.result()
    assert sorted(map(len, server.runs())) == [1, 1, 2, 2, 2, 2]


def test_a_request_that_is_given_up_while_it_waits_stops_no_other(server: Server) -> None:
    stop = Stop()
    with server.busy():
        given_up = server.request("bad", stop=stop)
        others = [server.request(name) for name in ("jq", "ufw")]
        stop.set()
    with pytest.raises(CancelledError):
        given_up.result()
    for request in others:
        request.result()
    assert {"jq", "ufw"} <= set.union(*server.runs())


def test_a_request_that_is_given_up_before_a_run_begins_is_left_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt_joined, "_GATHERING_SECONDS", 600)
    stop = Stop()
    given_up = server.request("bad", stop=stop)
    monkeypatch.setattr(apt_joined, "_GATHERING_SECONDS", 0)
    stop.set()
    with pytest.raises(CancelledError):
        given_up.result()
    server.request("jq").result()
    assert server.runs() == [{"jq"}]


def test_a_request_that_is_given_up_while_it_installs_for_others_leaves_them_to_themselves(server: Server) -> None:
    server.apt_get(f'case "$*" in *jq*ufw*|*ufw*jq*) echo "{UNREACHABLE}" >&2; exit 100;; esac')
    stops = [Stop(), Stop()]

    class Told(list[dict[str, Any]]):
        """Gives up the request that tries again for both."""

        def append(self, message: dict[str, Any]) -> None:
            if "trying again" in message["status"]:
                stops[message["id"]].set()

    server.told = Told()
    with server.busy():
        requests = [server.request("jq", number=0, stop=stops[0]), server.request("ufw", number=1, stop=stops[1])]
    wait(requests)
    assert sorted(isinstance(request.exception(), CancelledError) for request in requests) == [False, True]
    assert sorted(map(len, server.runs())) == [1, 2]
