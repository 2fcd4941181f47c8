"""The load of the lab is that of many visitors, also where the process that sends it has stood still."""

from tests.lab.load import MOST_BEHIND_SECONDS, Load, Pace, Target

RATE = 100


def sent_at_once(pace: Pace, now: float) -> int:
    """Return how many requests go out before one is waited for."""
    return next(number for number in range(10 * RATE) if pace.wait(now) > 0)


def test_what_was_not_sent_meanwhile_is_not_sent_all_at_once() -> None:
    pace = Pace(RATE, now=50.0)
    assert sent_at_once(pace, now=54.0) <= MOST_BEHIND_SECONDS * RATE


def test_requests_that_are_a_little_late_are_all_sent() -> None:
    pace = Pace(RATE, now=50.0)
    assert abs(sent_at_once(pace, now=50.5) - RATE // 2) <= 1


def test_a_release_that_has_answered_is_not_waited_for() -> None:
    load = Load(Target(host="shop.test", address="127.0.0.1", ca=None), rate=RATE)
    load.report.releases["v2"] += 1
    load.wait_for("v2")
