"""More than twenty kinds of alert, each by what it is there for: whom it reaches, how severe it is, and its end."""

import time
from collections.abc import Callable

import pytest

from tests.lab.monitoring.provocations import FAULTS
from tests.lab.monitoring.watching import PATIENCE_SECONDS, Told, until_told

pytestmark = pytest.mark.exhaustive
SLOW_SECONDS = 420
"""Until an alert comes that waits for five minutes."""


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_to_whom_it_concerns_and_so_is_its_end(
    told: Told, name: str, record_property: Callable[[str, object], None]
) -> None:
    fault = FAULTS[name]
    chat, post = len(told.telegram.messages), len(told.mail.messages)
    begun = time.monotonic()
    fault.begin()
    try:
        for alert in fault.told:
            patience = SLOW_SECONDS if fault.slow else PATIENCE_SECONDS
            took = until_told(told.telegram, chat, alert.title, begun, patience)
            record_property(f"{alert.alert} ({alert.severity}): told after s", round(took, 1))
    finally:
        ended = time.monotonic()
        fault.end()
    for alert in fault.told:
        if alert.severity == "critical":
            until_told(told.mail, post, alert.title, ended)
        else:
            assert not any(alert.title in text for text in told.mail.messages[post:]), "a warning is for the chat"
        if not fault.lasts:
            took = until_told(told.telegram, chat, f"Over: {alert.place}", ended)
            record_property(f"{alert.alert} ({alert.severity}): over after s", round(took, 1))


def test_more_than_twenty_kinds_are_provoked() -> None:
    assert len({alert.alert for fault in FAULTS.values() for alert in fault.told}) > 20
