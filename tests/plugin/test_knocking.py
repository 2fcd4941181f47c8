"""Signing in anew: who, how often, and what is told when nobody gets in."""

import shlex
from pathlib import Path
from threading import Event, Timer

import pytest

from infra.host.plugin import knocking
from infra.host.plugin.knocking import Door, knock_by_ssh
from infra.host.ssh import Connection

SERVER = Connection(host="server.test", user="deploy", bootstrap_user="root")
REFUSED = "echo 'deploy@server.test: Permission denied (publickey).' >&2; exit 255"


class Visitors:
    """Knocks as the shell text given for each user says, and remembers who knocked."""

    def __init__(self, **scripts: str) -> None:
        self.scripts = scripts
        self.knocked: list[str] = []

    def __call__(self, _: Connection, user: str) -> list[str]:
        """Return the command of a user."""
        self.knocked.append(user)
        return ["sh", "-c", self.scripts[user]]


def a_door(visitors: Visitors, *, came_in: str = "", given_up: Event | None = None) -> Door:
    door = Door(SERVER, visitors, given_up or Event())
    door.came_in(came_in or SERVER.user)
    return door


def test_the_user_knocks_by_a_connection_of_its_own_and_becomes_root() -> None:
    command = knock_by_ssh(SERVER, "deploy")
    assert command[0] == "ssh"
    assert command[-3:] == ["--", "server.test", "sudo -n true"]
    assert "ControlMaster=no ControlPath=none" in " ".join(command).replace("-o ", "")
    assert knock_by_ssh(SERVER, "root")[-1] == "true"


def test_a_user_who_gets_in_confirms() -> None:
    visitors = Visitors(deploy="true")
    assert a_door(visitors).refusal() == ""
    assert visitors.knocked == ["deploy"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (REFUSED, "server.test refused the login of deploy"),
        ("echo 'sudo: a password is required' >&2; exit 1", "server.test refused sudo to deploy"),
        (
            "echo 'ssh: connect to host server.test port 22: Connection refused' >&2; exit 255",
            "server.test does not answer to user deploy: Connection refused",
        ),
        ("echo 'This account is closed.' >&2; exit 1", "`sudo -n true` failed on server.test as deploy (exit code 1)"),
    ],
)
def test_a_user_who_does_not_get_in_is_tried_once_and_the_reason_is_told(script: str, reason: str) -> None:
    visitors = Visitors(deploy=script, root="true")
    assert a_door(visitors).refusal().startswith(reason)
    assert visitors.knocked == ["deploy"], "not root either: later runs sign in as deploy"


def test_a_server_that_does_not_answer_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocking, "_SECONDS", 0)
    assert a_door(Visitors(deploy="exec sleep 600")).refusal() == "server.test does not answer to user deploy"


def test_on_a_fresh_server_the_bootstrap_user_knocks_until_it_is_shut_out(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    visitors = Visitors(root=f"test ! -e {shlex.quote(str(shut))} || {{ {REFUSED}; }}", deploy="true")
    door = a_door(visitors, came_in="root")
    assert door.refusal() == ""
    shut.touch()
    assert door.refusal() == ""
    assert door.refusal() == ""
    assert visitors.knocked == ["root", "root", "deploy", "deploy"]


def test_nobody_getting_in_is_told_of_both() -> None:
    visitors = Visitors(root=REFUSED, deploy=REFUSED)
    refusal = a_door(visitors, came_in="root").refusal()
    assert refusal == "server.test refused the login of root; and server.test refused the login of deploy"


def test_an_interrupted_update_does_not_wait_for_the_answer() -> None:
    given_up = Event()
    door = a_door(Visitors(deploy="exec sleep 600"), given_up=given_up)
    timer = Timer(0.1, given_up.set)
    timer.start()
    assert door.refusal()
    timer.join()
