"""What a line of the tables says."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a text that only `up` will know."""


def secret(value: object) -> dict[str, object]:
    """Return a value as the engine sends secrets."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A resource as the engine sends it."""

    kind: str
    inputs: Mapping[str, Any]
    name: str = "main-thing"
    parent: str = ""
    provider: str = "urn:pulumi:dev::slipway::pulumi:providers:docker::main"
    protect: bool = True
    secret_outputs: Sequence[str] = ()
    path: str = ""
    """Types above it, as its URN has them."""

    def with_inputs(self, **changes: object) -> "Given":
        """Return the resource with other inputs; None takes one away."""
        inputs = copy.deepcopy(dict(self.inputs)) | changes
        kept = {name: value for name, value in inputs.items() if value is not None or name not in changes}
        return Given(**{**vars(self), "inputs": kept})

    def changed(self, **changes: object) -> "Given":
        """Return the resource with other options."""
        return Given(**{**vars(self), **changes})


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to break one rule."""

    rule: str
    good: Given
    """A resource that keeps every rule."""
    change: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that break it."""
    bad: Given | None = None
    """The resource that breaks it, where that takes more than inputs."""
    beside: Sequence[Given] = ()
    """What else is in the stack."""
    worse: Sequence[Given] | None = None
    """What else is in the stack when the rule is broken."""
    unknown: Mapping[str, Any] | None = None
    """Inputs of which the rule needs one that only `up` will know; by default those that are changed."""
    sealed: bool = False
    """Whether it is no violation when the input is a secret."""

    @property
    def broken(self) -> Given:
        """The resource that breaks the rule."""
        return self.bad or self.good.with_inputs(**self.change)

    @property
    def around(self) -> Sequence[Given]:
        """What is beside the resource that breaks the rule."""
        return self.beside if self.worse is None else self.worse

    @property
    def unknowable(self) -> Given | None:
        """The resource with an input that the rule needs and that only `up` will know."""
        changes = dict.fromkeys(self.change, UNKNOWN) if self.unknown is None else self.unknown
        return self.good.with_inputs(**changes) if changes else None

    def __str__(self) -> str:
        """Return how a test is called."""
        what = ",".join(self.change) or "options"
        return f"{self.rule}-{self.good.kind.rpartition(':')[2]}-{what}"
