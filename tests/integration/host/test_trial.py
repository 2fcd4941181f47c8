"""Changes that could lock people out: kept when a new connection confirms them, put back in every other case."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.host.agent import rescue_store
from tests.integration.host.agent_process import PATIENCE_SECONDS, SILENCE_SECONDS
from tests.integration.host.trial import CHANGED, FORMER, Server, change
from tests.unit.host.conftest import lines

CONFIRM = {"id": 1, "confirm": True}


@pytest.fixture
def server(tmp_path: Path, command: Callable[..., Path]) -> Server:
    made = Server(tmp_path, command)
    made.put_rule()
    return made


def test_a_confirmed_change_stays_and_nothing_is_left_of_the_trial(server: Server) -> None:
    with server.agent() as agent:
        assert change(agent) == CONFIRM
        assert server.is_on_trial()
        agent.say(id=1, op="confirmed")
        assert agent.hear() == {"id": 1, "ok": {"content": CHANGED, "mode": "0440"}}
    assert server.rule().read_text() == CHANGED
    assert not server.is_on_trial()
    assert not [path for path in server.trials.iterdir() if path.is_dir()]


def test_the_timer_and_the_boot_unit_are_there_before_the_change_and_the_timer_goes_after_it(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        (timer,) = lines(server.timers)
        assert "--on-active=100 --timer-property=AccuracySec=1s" in timer
        unit = (server.folder / "units" / "slipway-rescue.service").read_text()
        assert f"ConditionPathExists={server.trials}/pending" in unit
        assert "enable --quiet slipway-rescue.service" in lines(server.units)
        agent.say(id=1, op="confirmed")
        agent.hear()
    name = next(word for word in timer.split() if word.startswith("--unit=")).removeprefix("--unit=")
    assert f"stop {name}.timer" in lines(server.units)


def test_a_refused_change_is_put_back_and_the_error_says_what_failed_and_what_was_put_back(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        agent.say(id=1, op="refused", reason="server.test refused sudo to deploy")
        assert agent.hear() == {
            "id": 1,
            "error": "SudoersFile slipway-deploy is not kept, because signing in anew failed after the change: "
            f"server.test refused sudo to deploy; put back: {server.rule()}",
        }
    assert server.has_rule_as_before()
    assert not server.is_on_trial()


def test_a_file_that_a_refused_change_created_is_removed(server: Server) -> None:
    with server.agent() as agent:
        change(agent, name="new")
        agent.say(id=1, op="refused", reason="no")
        agent.hear()
    assert not server.rule("new").exists()


def test_a_refused_removal_is_put_back(server: Server) -> None:
    with server.agent() as agent:
        want = {"name": "slipway-deploy", "content": FORMER}
        assert agent.ask("remove", "SudoersFile", **want) == CONFIRM
        assert not server.rule().exists()
        agent.say(id=1, op="refused", reason="no")
        agent.hear()
    assert server.has_rule_as_before()


@pytest.mark.parametrize("wanted", [("apply", "slipway-deploy"), ("remove", "absent")])
def test_what_changes_nothing_is_not_put_on_trial(server: Server, wanted: tuple[str, str]) -> None:
    operation, name = wanted
    with server.agent() as agent:
        assert "ok" in agent.ask(operation, "SudoersFile", name=name, content=FORMER)
    assert not server.trials.exists()
    assert not lines(server.timers)


def test_a_change_that_is_refused_before_anything_is_touched_just_fails(
    server: Server, command: Callable[..., Path]
) -> None:
    command("visudo", 'echo "$2:1:17: syntax error" >&2; exit 1')
    with server.agent() as agent:
        error = change(agent)["error"]
    assert error.endswith(f"was not written: {server.rule()}:1:17: syntax error")
    assert server.has_rule_as_before()
    assert not server.is_on_trial()


def test_a_change_that_fails_half_way_is_put_back_at_once(server: Server, command: Callable[..., Path]) -> None:
    command("visudo", 'case "$1" in -c) echo "Alias is defined twice" >&2; exit 1;; esac')
    with server.agent() as agent:
        error = change(agent)["error"]
    assert error.endswith(f"Alias is defined twice; put back: {server.rule()}")
    assert server.has_rule_as_before()


def test_nothing_is_changed_without_a_timer(server: Server, command: Callable[..., Path]) -> None:
    command("systemd-run", "echo 'no bus' >&2; exit 1")
    with server.agent() as agent:
        assert "no bus" in change(agent)["error"]
    assert server.has_rule_as_before()
    assert not server.is_on_trial()


def test_an_unconfirmed_change_is_put_back_at_the_end_of_the_input(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        agent.hang_up()
    assert server.has_rule_as_before()
    assert not server.is_on_trial()


def test_an_unconfirmed_change_is_put_back_when_the_plugin_falls_silent(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        agent.let_pass(SILENCE_SECONDS)
        assert agent.process.wait(PATIENCE_SECONDS) == 0
    assert server.has_rule_as_before()


def test_an_interrupted_change_is_put_back_and_told_so(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        agent.say(op="cancel")
        assert agent.hear() == {"id": 1, "error": f"interrupted; put back: {server.rule()}"}
    assert server.has_rule_as_before()


def _killed_on_trial(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.7 50000 192.0.2.1 22")
    with server.agent() as agent:
        change(agent)
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait(PATIENCE_SECONDS)
    assert server.rule().read_text() == CHANGED, "nobody was left to put it back"


def test_the_timer_puts_back_what_a_killed_agent_left_and_lifts_the_ban(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed_on_trial(server, monkeypatch)
    server.fire_timer()
    assert server.has_rule_as_before()
    assert not server.is_on_trial()
    assert lines(server.bans) == ["unban 203.0.113.7"]


def test_a_boot_puts_back_what_a_killed_agent_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed_on_trial(server, monkeypatch)
    server.boot()
    assert server.has_rule_as_before()
    assert not server.is_on_trial()
    server.boot()


def test_the_next_agent_puts_back_what_a_killed_one_left_before_it_reads(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _killed_on_trial(server, monkeypatch)
    with server.agent() as agent:
        found = agent.ask("read", "SudoersFile", name="slipway-deploy", content=CHANGED)["ok"]
    assert found["content"] == FORMER
    assert not server.is_on_trial()


def test_a_timer_of_an_earlier_trial_does_nothing(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        agent.say(id=1, op="confirmed")
        agent.hear()
    server.fire_timer()
    assert server.rule().read_text() == CHANGED


def test_a_change_that_the_timer_has_undone_can_no_longer_be_confirmed(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        server.fire_timer()
        # As a program does that still runs when the timer goes off.
        server.rule().write_text(CHANGED)
        agent.say(id=1, op="confirmed")
        assert "was not confirmed within 100 s; put back" in agent.hear()["error"]
    assert server.has_rule_as_before()


def test_one_change_at_a_time_is_on_trial(server: Server) -> None:
    server.put_rule("other")
    with server.agent() as agent:
        change(agent)
        agent.say(id=2, op="apply", kind="SudoersFile", want={"name": "other", "content": CHANGED})
        # Answered by another thread while the second change waits for the first.
        agent.say(id=3, op="read", kind="Directory", want={"path": str(server.folder)})
        assert agent.hear()["id"] == 3
        assert server.has_rule_as_before("other")
        agent.say(id=1, op="confirmed")
        heard = {message["id"]: message for message in (agent.hear(), agent.hear())}
        assert heard[1]["ok"]
        assert heard[2] == {"id": 2, "confirm": True}
        agent.say(id=2, op="refused", reason="no")
        assert "error" in agent.hear()
    assert server.rule().read_text() == CHANGED
    assert server.has_rule_as_before("other")


def test_another_agent_waits_until_a_change_is_no_longer_on_trial(server: Server) -> None:
    with server.agent() as first, server.agent() as second:
        change(first)
        second.say(id=1, op="read", kind="SudoersFile", want={"name": "slipway-deploy", "content": CHANGED})
        assert "waiting for another run" in second.hear_anything()["status"]
        first.hang_up()
        assert second.hear()["ok"]["content"] == FORMER


def test_a_verdict_that_comes_too_late_is_passed_over(server: Server) -> None:
    with server.agent() as agent:
        agent.say(id=7, op="confirmed")
        assert change(agent) == CONFIRM
        assert server.is_on_trial()


def test_a_trial_keeps_its_copies_from_everybody_but_root(server: Server) -> None:
    with server.agent() as agent:
        change(agent)
        assert server.trials.stat().st_mode & 0o777 == 0o700


def test_the_window_leaves_a_loaded_server_time_to_undo_within_140_s() -> None:
    assert rescue_store.WINDOW_SECONDS + 40 <= 140
