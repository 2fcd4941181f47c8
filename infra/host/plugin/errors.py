"""The errors a resource type raises; people read their texts, so these never hold a value."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Failure(NamedTuple):
    """One property that cannot be accepted."""

    property: str
    """Path of the property, as in `ports[0].internal`."""
    reason: str
    """What is wrong with it and what to do; never its value."""


class ProviderError(Exception):
    """An operation failed and left nothing behind that the state should know; the text is one sentence."""


class InvalidInputsError(ProviderError):
    """The inputs of a resource or provider cannot be accepted.

    Args:
        failures: every mistake, as `(property, reason)`.
    """

    def __init__(self, failures: Iterable[tuple[str, str]]) -> None:
        self.failures = [Failure(*failure) for failure in failures]
        super().__init__("; ".join(f"{failure.property}: {failure.reason}" for failure in self.failures))


class PartialFailureError(ProviderError):
    """An operation failed and left something behind, so that the resource has to stay in the state.

    Args:
        identity: the id of what was left.
        properties: its outputs, as a successful operation would have returned them.
        reasons: what went wrong, one sentence each.
    """

    def __init__(self, identity: str, properties: Mapping[str, Any], reasons: Iterable[str]) -> None:
        self.identity = identity
        self.properties = dict(properties)
        self.reasons = list(reasons)
        super().__init__("; ".join(self.reasons))


class SignInError(ProviderError):
    """The server cannot be reached, or lets nobody in."""
