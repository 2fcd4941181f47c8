"""Users and groups, changed by programs that only log how they are called."""

import grp
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.host.agent import accounts, places, user
from infra.host.agent.group import Group
from infra.host.agent.kind import AgentError
from infra.host.agent.request import Request
from infra.host.agent.user import User
from tests.unit.host.conftest import lines

Command = Callable[..., Path]


def shell_of_daemon() -> str:
    return pwd.getpwnam("daemon").pw_shell


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


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `daemon` in the groups `adm` and `games`."""
    entries = [
        grp.struct_group((name, "x", number, members))
        for name, number, members in [("adm", 4, ["daemon"]), ("games", 60, ["daemon", "sys"]), ("sys", 3, ["sys"])]
    ]
    monkeypatch.setattr(grp, "getgrall", lambda: entries)


@pytest.mark.usefixtures("groups")
def test_groups_are_added_and_others_are_left_and_told(command: Command) -> None:
    usermod = command("usermod")
    wanted = User(name="daemon", shell=shell_of_daemon(), groups=("games", "sys"))
    found = wanted.read() or {}
    assert (found["groups"], found["undeclaredGroups"]) == (("games",), ["adm"])
    wanted.apply()
    assert lines(usermod) == ["--groups games,sys --append daemon"]


@pytest.mark.usefixtures("groups")
def test_a_group_that_the_user_who_is_signed_in_has_lost_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, request_handled: Request, request_sent: list[dict[str, Any]]
) -> None:
    wanted = User(name="daemon", groups=("adm", "docker"))
    request_handled.message["op"] = "read"
    wanted.read()
    assert request_sent == [], "nobody signs in as that user"
    monkeypatch.setenv("SUDO_USER", "daemon")
    wanted.read()
    (told,) = request_sent
    assert told["warning"].startswith("daemon is no longer in docker on server.test. ")
    assert "run `PULUMI_RUN_PROGRAM=true pulumi up` once" in told["warning"]
    User(name="daemon", groups=("adm",)).read()
    request_handled.message["op"] = "apply"
    wanted.read()
    assert request_sent == [told], "it is about to be put right, or there is nothing to be"


@pytest.mark.usefixtures("groups")
def test_undeclared_groups_are_no_change(command: Command) -> None:
    usermod = command("usermod")
    wanted = User(name="daemon", shell=shell_of_daemon(), groups=("games",))
    assert (wanted.read() or {})["groups"] == ("games",)
    wanted.apply()
    assert lines(usermod) == []


@pytest.mark.usefixtures("groups")
def test_exclusive_groups_are_exactly_these(command: Command) -> None:
    usermod = command("usermod")
    wanted = User(name="daemon", shell=shell_of_daemon(), groups=("games",), exclusive_groups=True)
    found = wanted.read() or {}
    assert (found["groups"], found["undeclaredGroups"]) == (("adm", "games"), ["adm"])
    wanted.apply()
    assert lines(usermod) == ["--groups games daemon"]


@pytest.mark.parametrize(
    ("field", "state"), [("!", "locked"), ("*", "locked"), ("!$6$x", "locked"), ("$6$canary", "in use"), ("", "empty")]
)
def test_a_password_is_told_by_whether_it_is_locked_and_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, field: str, state: str
) -> None:
    monkeypatch.setattr(places, "ACCOUNTS", tmp_path)
    (tmp_path / "shadow").write_text(f"root:*:1::::::\ndaemon:{field}:1::::::\n")
    usermod = command("usermod")
    wanted = User(name="daemon", shell=shell_of_daemon(), password="locked")
    assert (wanted.read() or {})["password"] == state
    wanted.apply()
    assert lines(usermod) == ([] if state == "locked" else ["--lock daemon"])


def test_a_password_that_is_not_declared_is_not_looked_at() -> None:
    assert "password" not in (User(name="daemon").read() or {})


def test_a_password_is_a_mistake_and_is_not_quoted() -> None:
    (mistake,) = User(name="daemon", password="canary").mistakes()
    assert mistake == ("password", "can only be `locked`: people sign in by key")


def test_a_change_of_an_account_can_lock_people_out_and_a_new_one_cannot() -> None:
    rescue = User(name="daemon").rescue()
    assert rescue
    assert rescue.accounts == ("daemon",)
    assert User(name="nobody-here").rescue() is None


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


def test_a_user_who_is_signed_in_is_removed_once_the_sessions_have_ended(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_sent: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(user, "_PAUSE_SECONDS", 0)
    userdel = command("userdel", f"test $(wc -l < {tmp_path}/pkill.log) -ge 3 || exit 8")
    loginctl = command("loginctl", "exit 1")
    pkill = command("pkill", f"test $(wc -l < {tmp_path}/pkill.log) -lt 3")
    User(name="daemon").remove()
    assert lines(userdel) == ["daemon", "daemon"]
    assert lines(loginctl) == ["terminate-user daemon"]
    assert lines(pkill) == ["-KILL --ns 1 --nslist pid --uid daemon"] * 3, "containers under that number live on"
    (told,) = request_sent
    assert told["warning"].startswith("daemon was signed in to server.test: ")


def test_nothing_is_ended_that_runs_as_root(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "signed_in", lambda: "ops")
    command("userdel", "exit 8")
    ending = [command("loginctl"), command("pkill", "exit 1")]
    with pytest.raises(AgentError, match="root could not be removed"):
        User(name="root").remove()
    assert [lines(log) for log in ending] == [[], []]


def test_a_user_who_cannot_be_removed_is_told_and_keeps_the_sessions(command: Command) -> None:
    command("userdel", "echo 'userdel: cannot lock /etc/passwd' >&2; exit 1")
    pkill = command("pkill")
    with pytest.raises(AgentError, match=r"daemon could not be removed from server\.test: userdel: cannot lock"):
        User(name="daemon").remove()
    assert lines(pkill) == []


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


@pytest.mark.parametrize("name", ["Anna", "anna.b", "1st", "-rf", "", "a" * 32, "anna\n"])
def test_a_name_that_debian_refuses_is_a_mistake_before_any_connection(name: str) -> None:
    for kind in (User(name=name), Group(name=name)):
        (mistake,) = kind.mistakes()
        assert mistake[0] == "name"


def test_a_name_of_the_system_is_none() -> None:
    assert list(User(name="_apt", system=True).mistakes()) == list(Group(name="ssh-users").mistakes()) == []
