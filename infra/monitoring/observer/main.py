"""The command line of the program: systemd runs it on the server, `slipway status` and `slipway logs` send it there."""

import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.monitoring.observer import declared
from infra.monitoring.observer.engine import AwayError
from infra.monitoring.observer.looking import look
from infra.monitoring.observer.observing import Observer
from infra.monitoring.observer.telling import Wish, tell
from infra.monitoring.observer.watch import Watch


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say, a verb and what it is asked as JSON; return the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    verb, *asked = arguments
    try:
        _VERBS[verb](*map(json.loads, asked))
    except AwayError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _observe() -> None:
    watch = Watch()
    watch.start()
    Observer(watch).run()


def _look(stacks: list[Any]) -> None:
    products = [product for stack in stacks for product in declared.parse(stack)]
    sys.stdout.write(f"{json.dumps(look(products))}\n")


def _logs(wish: dict[str, Any]) -> None:
    tell(Wish(**wish))


_VERBS: Mapping[str, Callable[..., None]] = {"observe": _observe, "look": _look, "logs": _logs}
