"""What every unit test may rely on."""

import asyncio

import pytest

LOOP = asyncio.new_event_loop()
"""Never closed: what Pulumi leaves pending in it is nobody's to wait for."""


@pytest.fixture(autouse=True)
def event_loop() -> None:
    """Give the main thread an event loop: Pulumi looks for one, and `asyncio.run` elsewhere takes it away."""
    asyncio.set_event_loop(LOOP)
