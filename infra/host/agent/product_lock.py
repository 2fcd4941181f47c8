"""One agent at a time changes what serves a product."""

import fcntl
import os
from threading import Lock

from infra.host.agent import places
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_PATIENCE_SECONDS = 15
"""Longer than an agent needs to find out that its plugin is gone."""
_POLL_SECONDS = 0.2

_taking = Lock()
_held: dict[str, int] = {}
"""Product to the open lock file; held until the agent ends."""


def hold(product: str) -> None:
    """Hold the lock of a product from now until the agent ends.

    Raises:
        AgentError: when another agent holds it.
    """
    with _taking:
        if product in _held:
            return
        places.LOCKS.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(places.LOCKS / f"{product}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _wait(descriptor, product)
        except AgentError:
            os.close(descriptor)
            raise
        _held[product] = descriptor


def _wait(descriptor: int, product: str) -> None:
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            current().pause(_POLL_SECONDS)
        else:
            return
    message = f"another run is changing the product {product} on {current().host}: wait for it to end, then try again"
    raise AgentError(message)
