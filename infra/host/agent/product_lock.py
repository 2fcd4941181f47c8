"""One agent at a time changes what serves a product."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_PATIENCE_SECONDS = 30
"""Longer than an agent needs to find out that its plugin is gone, and then to hear the edge out."""
_POLL_SECONDS = 0.2

_taking = Lock()
"""Held for a moment only: one product that is waited for must not hold up another."""
_held: dict[str, int] = {}
"""Product to the open lock file; held until the agent ends."""


def hold(product: str) -> None:
    """Hold the lock of a product from now until the agent ends.

    Raises:
        AgentError: when another agent holds it.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _take(product):
        if time.monotonic() > deadline:
            host = current().host
            message = f"another run is changing the product {product} on {host}: wait for it to end, then try again"
            raise AgentError(message)
        current().pause(_POLL_SECONDS)


@contextmanager
def migrating(product: str, patience: float) -> Iterator[None]:
    """Keep every other migration of a product from running, also one of this agent.

    Args:
        product: `<stack>-<product>`.
        patience: seconds that another one is waited for.

    Raises:
        AgentError: when another one takes longer.
    """
    deadline = time.monotonic() + patience
    while (descriptor := _locked(f"{product}.migration.lock")) is None:
        if time.monotonic() > deadline:
            message = (
                f"another migration of the product {product} has been running on {current().host} for more than "
                f"{patience:g} s: wait for it to end, then try again"
            )
            raise AgentError(message)
        current().status(f"waiting for another migration of {product}")
        current().pause(_POLL_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)


def _take(product: str) -> bool:
    """Take the lock of a product; return whether this agent has it now."""
    with _taking:
        if product in _held:
            return True
        descriptor = _locked(f"{product}.lock")
        if descriptor is None:
            return False
        _held[product] = descriptor
        return True


def _locked(name: str) -> int | None:
    """Return the open lock file, or nothing when somebody else has locked it."""
    places.LOCKS.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(places.LOCKS / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
