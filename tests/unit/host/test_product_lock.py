"""One agent at a time changes what serves a product, and no product waits for another."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from infra.host.agent import places, product_lock, session
from infra.host.agent.kind import AgentError
from infra.host.agent.request import Request, enter


@pytest.fixture
def other_agent(locks: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Hold the lock of `dev-shop` as another agent does; return what is closed to free it."""
    monkeypatch.setattr(product_lock, "_PATIENCE_SECONDS", 600)
    locks.mkdir()
    descriptor = os.open(locks / "dev-shop.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield descriptor
    product_lock._held.clear()


def hold_elsewhere(product: str, stop: Event, held: Event) -> Thread:
    """Hold a product's lock in another thread, as another request does; `held` is set when it is held."""

    def hold() -> None:
        enter(Request(number=2, message={}, host="server.test", stop=stop, send=lambda _: None))
        try:
            product_lock.hold(product)
        except AgentError:
            return
        held.set()

    thread = Thread(target=hold)
    thread.start()
    return thread


def test_a_product_is_waited_for_until_an_agent_whose_plugin_is_gone_has_ended() -> None:
    # A probe of the edge is the longest step that is not given up: it connects, and then waits for the answer.
    assert product_lock._PATIENCE_SECONDS > session._SILENCE_SECONDS + 2 * places.EDGE_ANSWER_SECONDS


def test_a_product_that_is_waited_for_holds_up_no_other(other_agent: int) -> None:
    stop, held = Event(), Event()
    waiting = hold_elsewhere("dev-shop", stop, held)
    product_lock.hold("dev-blog")
    assert not held.is_set(), "the other agent still has it"
    os.close(other_agent)
    waiting.join(120)
    assert held.is_set()


def test_a_request_that_is_given_up_waits_no_longer(other_agent: int) -> None:
    stop, held = Event(), Event()
    waiting = hold_elsewhere("dev-shop", stop, held)
    stop.set()
    waiting.join(120)
    assert not waiting.is_alive()
    assert not held.is_set()
    os.close(other_agent)


def test_a_product_that_stays_taken_is_told(other_agent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_lock, "_PATIENCE_SECONDS", 0)
    with pytest.raises(AgentError, match=r"another run is changing the product dev-shop on server\.test"):
        product_lock.hold("dev-shop")
    os.close(other_agent)
