"""A server that does not answer, and an update that is interrupted while one is being signed in to."""

import signal
from queue import SimpleQueue
from threading import Event, Thread

import pytest

from infra.host.plugin import connection, server
from infra.host.plugin.errors import ProviderError
from infra.host.plugin.server import Server
from infra.host.ssh import CONNECT_SECONDS, Connection

PATIENCE_SECONDS = 120
SERVER = Connection(host="server.test", user="deploy", bootstrap_user="root")
# Comes up and takes everything it is asked, and answers nothing.
_MUTE = "echo '{\"ready\": true}'; exec cat > /dev/null"


class SlowServer:
    """A server asked from another thread, so that the update can be interrupted meanwhile."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.users: list[str] = []
        self.launched = Event()
        self.server = Server(SERVER, lambda *_: None, self._launch)
        self.errors: SimpleQueue[str] = SimpleQueue()

    def _launch(self, _: Connection, user: str) -> list[str]:
        self.users.append(user)
        self.launched.set()
        return ["sh", "-c", self.script]

    def ask(self) -> Thread:
        """Begin to ask."""
        thread = Thread(target=self._ask)
        thread.start()
        return thread

    def _ask(self) -> None:
        try:
            self.server.ask("read", "File", {})
        except ProviderError as error:
            self.errors.put(str(error))


def test_a_server_that_does_not_answer_is_given_up_in_half_a_minute_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server._ANSWER_SECONDS < 30
    monkeypatch.setattr(server, "_ANSWER_SECONDS", 0.1)
    slow = SlowServer("exec sleep 600")
    slow.ask().join(PATIENCE_SECONDS)
    assert slow.errors.get(timeout=PATIENCE_SECONDS) == "server.test does not answer to user deploy"
    assert slow.users == ["deploy"], "another user would not be answered either"


def test_two_users_who_are_answered_late_are_both_heard() -> None:
    assert 2 * CONNECT_SECONDS < server._ANSWER_SECONDS


def test_signing_in_ends_with_the_update_and_the_next_user_is_not_tried() -> None:
    slow = SlowServer("exec sleep 600")
    thread = slow.ask()
    assert slow.launched.wait(PATIENCE_SECONDS)
    slow.server.cancel()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive(), "it does not wait for the server"
    assert slow.errors.get() == "the update was interrupted"
    assert slow.users == ["deploy"]


def test_an_update_that_is_interrupted_before_the_agent_is_started_starts_none() -> None:
    slow = SlowServer(_MUTE)
    launch = slow.server._launch

    def interrupted(connection: Connection, user: str) -> list[str]:
        slow.server.cancel()
        return launch(connection, user)

    slow.server._launch = interrupted
    slow.ask().join(PATIENCE_SECONDS)
    assert slow.errors.get(timeout=PATIENCE_SECONDS) == "the update was interrupted"
    assert slow.server._conversation is None


def test_why_signing_in_ended_is_told_although_it_is_said_late() -> None:
    slow = SlowServer("exec >&-; sleep 1; echo 'sudo: a password is required' >&2; exit 1")
    with pytest.raises(ProviderError, match="refused sudo to deploy"):
        slow.server.sign_in()


def test_an_agent_that_takes_its_time_to_end_is_not_left_behind() -> None:
    slow = SlowServer("trap 'sleep 1; exit' TERM; echo '{\"ready\": true}'; while :; do sleep 0.1; done")
    slow.server.sign_in()
    assert slow.server._conversation
    conversation = slow.server._conversation
    slow.server.close()
    assert conversation._process.returncode == 0
    assert conversation._stdin.closed


def test_an_agent_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_ENDING_SECONDS", 0.1)
    slow = SlowServer("trap '' TERM; echo '{\"ready\": true}'; exec sleep 600")
    slow.server.sign_in()
    conversation = slow.server._conversation
    assert conversation
    slow.server.close()
    assert conversation._process.returncode == -signal.SIGKILL


def test_every_later_request_is_told_of_the_interruption() -> None:
    slow = SlowServer("exec sleep 600")
    slow.server.cancel()
    with pytest.raises(ProviderError, match="the update was interrupted"):
        slow.server.ask("read", "File", {})
    assert slow.users == []
