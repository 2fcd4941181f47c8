"""Who runs this, as the servers write it down."""

import getpass
import socket

import pytest

from infra.host.plugin.run import actor, this_run


def test_in_continuous_integration_it_is_whoever_started_the_workflow() -> None:
    assert actor({"GITHUB_ACTOR": "octocat", "USER": "runner"}) == "octocat"


def test_elsewhere_it_is_a_user_on_a_machine() -> None:
    assert actor({}) == f"{getpass.getuser()}@{socket.gethostname()}"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert actor({}).partition("@")[0].isdecimal()


def test_a_name_cannot_write_to_a_terminal() -> None:
    assert actor({"GITHUB_ACTOR": "octo\x1b[2Jcat\n"}) == "octo[2Jcat"


def test_a_run_keeps_its_id() -> None:
    assert this_run()["id"] == this_run()["id"]
