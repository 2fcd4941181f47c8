"""A watched server, and the channels."""

from collections.abc import Iterator

import pytest

from tests import channels
from tests.lab.conftest import Workshop, Workshops
from tests.lab.monitoring.watching import CALLED, CHAT, HERE, TO, TOKEN, Told, watch


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
def watched(workshops: Workshops, told: Told) -> Workshop:
    """Have the server watched, by channels that were tried."""
    return watch(workshops["dev"], told)
