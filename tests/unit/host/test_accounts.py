"""Users and groups, changed by programs that only log how they are called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import accounts
from infra.host.agent.group import Group
from infra.host.agent.kind import AgentError
from infra.host.agent.user import User
from tests.unit.host.conftest import lines

Command = Callable[..., Path]


def test_a_user_that_is_there_is_described_without_its_own_group() -> None:
    found = User(name="root").read() or {}
    assert (found["uid"], found["home"]) == (0, "/root")


def test_a_user_or_group_that_is_not_there_is_nothing() -> None:
    assert User(name="nobody-here").read() is None
    assert Group(name="nobody-here").read() is None


def test_a_new_user_gets_what_is_wanted(command: Command) -> None:
    useradd = command("useradd")
    wanted = {"name": "nobody-here", "uid": 1999, "shell": "/bin/sh", "groups": ["daemon", "sys"], "system": True}
    User.from_wire(wanted).apply()
    assert lines(useradd) == [
        "--create-home --system --user-group --uid 1999 --shell /bin/sh --groups daemon,sys nobody-here"
    ]


def test_only_what_differs_of_a_user_is_changed(command: Command) -> None:
    usermod = command("usermod")
    found = User(name="daemon").read() or {}
    User.from_wire({"name": "daemon", "shell": "/bin/nowhere", "groups": found["groups"]}).apply()
    assert lines(usermod) == ["--shell /bin/nowhere daemon"]


def test_a_user_that_is_as_wanted_is_left_alone(command: Command) -> None:
    usermod = command("usermod")
    found = User(name="daemon").read() or {}
    User.from_wire({"name": "daemon", "shell": found["shell"], "groups": found["groups"]}).apply()
    assert lines(usermod) == []


def test_a_group_that_a_user_needs_and_nobody_has_is_named(command: Command) -> None:
    useradd = command("useradd")
    with pytest.raises(AgentError, match=r"no group nobody-here on server\.test"):
        User(name="someone-new", groups=("nobody-here",)).apply()
    assert lines(useradd) == []


def test_a_user_is_removed_without_force_unless_the_agent_runs_through_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    userdel = command("userdel")
    monkeypatch.setenv("SUDO_USER", "sys")
    User(name="daemon").remove()
    monkeypatch.setenv("SUDO_USER", "daemon")
    User(name="daemon").remove()
    User(name="nobody-here").remove()
    assert lines(userdel) == ["daemon", "--force daemon"]


def test_a_group_is_made_renumbered_and_removed(command: Command) -> None:
    logs = [command(name) for name in ("groupadd", "groupmod", "groupdel")]
    Group(name="nobody-here", system=True, gid=999).apply()
    Group(name="daemon", gid=999).apply()
    Group(name="daemon").apply()
    Group(name="daemon").remove()
    Group(name="nobody-here").remove()
    assert [lines(log) for log in logs] == [["--system --gid 999 nobody-here"], ["--gid 999 daemon"], ["daemon"]]


def test_the_last_words_of_a_failed_program_are_the_reason(command: Command) -> None:
    command("groupadd", "echo 'groupadd: cannot lock /etc/group' >&2; exit 10")
    with pytest.raises(AgentError, match="exit code 10: groupadd: cannot lock /etc/group"):
        Group(name="nobody-here").apply()


def test_an_owner_given_by_number_stays_a_number_when_it_has_a_name() -> None:
    assert accounts.user_called(0, "0") == "0"
    assert accounts.user_called(0, "daemon") == "root"
    assert accounts.group_called(4_000_000, "root") == "4000000"
