"""A clock that is far off, said at the first sign-in."""

import json
import time

import pytest

from infra.host.plugin import clock
from infra.host.plugin.base import Remark
from infra.host.plugin.server import Server
from infra.host.ssh import Connection

SERVER = Connection(host="server.test", user="deploy")


def told(lead: float) -> list[tuple[Remark, str]]:
    """Sign in to a server whose clock is ahead by so many seconds; return what that tells."""
    remarks: list[tuple[Remark, str]] = []
    greeting = json.dumps({"ready": True, "clock": time.time() + lead})
    server = Server(
        SERVER,
        lambda remark, text: remarks.append((remark, text)),
        lambda *_: ["sh", "-c", f"echo '{greeting}'; cat > /dev/null; exit"],
    )
    server.sign_in()
    server.sign_in()
    server.close()
    return remarks


@pytest.mark.parametrize(("lead", "side"), [(-7200 * 24, "behind"), (7200 * 24, "ahead of")])
def test_a_clock_that_is_far_off_is_told_once_and_what_to_do(lead: float, side: str) -> None:
    ((remark, text),) = told(lead)
    assert remark == "warning"
    assert text.startswith("the clock of server.test is ")
    assert f"{side} that of this machine" in text
    assert "timedatectl set-ntp true" in text


def test_a_clock_that_is_right_is_not_mentioned() -> None:
    # The process takes its time to start: less than what is put up with.
    assert told(20) == []


def test_how_far_it_is_off_is_told_as_people_say_it() -> None:
    assert (clock.remark("server.test", -7325.4) or "").startswith("the clock of server.test is 2:02:05 behind that")
    assert (clock.remark("server.test", 90000) or "").startswith("the clock of server.test is 1 day, 1:00:00 ahead of")
    assert clock.remark("server.test", clock.TOLERANCE_SECONDS - 1) is None
