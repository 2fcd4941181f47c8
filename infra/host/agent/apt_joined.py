"""Requests for packages that wait: one run of apt installs them all, in little more time than it takes for one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

from infra.host.agent import apt, dpkg
from infra.host.agent.request import Request, current

_GATHERING_SECONDS = 0.5
"""How long a request waits for others: an update sends them at once, but each is read before it is applied."""


@dataclass(eq=False, kw_only=True, slots=True)
class _Order:
    """A package that a request waits for."""

    name: str
    request: Request
    is_taken: bool = False
    """Whether a run of apt for several packages has been begun."""
    is_done: bool = False
    """Whether that run has installed it."""
    retries: int = apt.RETRIES
    """How often a run for it alone is repeated where a mirror is out of reach."""


_orders: list[_Order] = []
"""Those that no run has been begun for."""
_ordering = Lock()


def install(name: str) -> None:
    """Install a package, and with it those that other requests wait for.

    Where that fails, each of them is installed alone: the error is told of the right one, and the others are there.
    """
    with _ordered(name) as order:
        current().pause(_GATHERING_SECONDS)
        with apt.changing():
            if not order.is_taken:
                _install_together(_taken())
            if not order.is_done:
                apt.install(name, retries=order.retries)


@contextmanager
def _ordered(name: str) -> Iterator[_Order]:
    """Have a package waited for, unless the request is given up before a run begins."""
    order = _Order(name=name, request=current())
    with _ordering:
        _orders.append(order)
    try:
        yield order
    finally:
        with _ordering, suppress(ValueError):
            _orders.remove(order)


def _taken() -> Sequence[_Order]:
    """Return all that wait, and tell them that it begins."""
    # Under the lock: whoever gives up meanwhile has not answered yet, and nothing may be told after an answer.
    with _ordering:
        orders = _orders.copy()
        _orders.clear()
        for order in orders:
            order.is_taken = True
            order.request.status(f"installing {order.name}")
    return orders


def _install_together(orders: Sequence[_Order]) -> None:
    """Install several packages; one of its own is left to its request."""
    if len(orders) == 1:
        return
    result = apt.try_to_install(*dict.fromkeys(order.name for order in orders))
    for order in orders:
        order.is_done = result.code == 0 or bool(dpkg.status(order.name).version)
        order.retries = 0 if apt.is_out_of_reach(result) else apt.RETRIES
