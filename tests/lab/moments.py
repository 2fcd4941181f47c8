"""Moments of an `up`, by what the engine tells while it runs."""

from collections.abc import Callable

from tests.lab.stack import Event

Moment = Callable[[Event], bool]


def before(operation: str, kind: str) -> Moment:
    """Return the moment at which the engine begins an operation on a resource of a type."""

    def reached(event: Event) -> bool:
        step = event.get("resourcePreEvent", {}).get("metadata", {})
        return bool(step.get("op") == operation and step.get("type") == kind)

    return reached


def after(operation: str, kind: str) -> Moment:
    """Return the moment at which the engine has ended an operation on a resource of a type."""

    def reached(event: Event) -> bool:
        step = event.get("resOutputsEvent", {}).get("metadata", {})
        return bool(step.get("op") == operation and step.get("type") == kind)

    return reached
