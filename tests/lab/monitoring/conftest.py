"""A watched server, and the channels."""

from collections.abc import Iterator, Mapping

import pytest

from tests import channels
from tests.lab.conftest import Workshop
from tests.lab.monitoring.watching import CALLED, CHAT, HERE, TO, TOKEN, Told, configure


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Have a strict Telegram, a mail server and a watchdog that the servers of the lab reach."""
    with (
        channels.telegram(TOKEN, CHAT, HERE) as telegram,
        channels.mail(frozenset({TO}), HERE) as mail,
        channels.watchdog(CALLED, HERE) as watchdog,
    ):
        yield Told(telegram, mail, watchdog)


@pytest.fixture(scope="module")
def watched(workshops: Mapping[str, Workshop], told: Told) -> Workshop:
    """Have the server watched, by channels that were tried."""
    dev = workshops["dev"]
    dev.settle()
    configure(dev, told)
    dev.stack.up().expect_success()
    return dev
