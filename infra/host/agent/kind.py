"""What every kind of host resource is: frozen fields, and read, apply and remove on the server it runs on."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any, ClassVar, Self

from infra.host.agent.rescue import Rescue


class AgentError(Exception):
    """Something could not be done; the text is one sentence for people and holds no secret."""

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason or message
        """What is written down of it: without a word that a container has said."""


@dataclass(frozen=True, kw_only=True)
class Kind(ABC):
    """One kind of host resource; a subclass is a frozen dataclass whose fields are the resource's inputs.

    On the wire a field's name is camelCase. A field that is `None` is not managed.
    """

    IDENTITY: ClassVar[tuple[str, ...]]
    """Fields that say which resource it is: they make up its id, and a change of one replaces it."""
    COMPUTED: ClassVar[tuple[str, ...]] = ()
    """What `read` returns beside fields, by name on the wire."""
    STABLE: ClassVar[tuple[str, ...]] = ()
    """Those of `COMPUTED` that never change in place."""
    SETTLED: ClassVar[Mapping[str, Any]] = {}
    """Those of `COMPUTED` that have one value whenever nothing is to be done; only a preview shows another."""
    DERIVED: ClassVar[Mapping[str, str]] = {}
    """Name in `COMPUTED` to the field it is computed from, and with which it is secret."""

    @abstractmethod
    def read(self) -> dict[str, Any] | None:
        """Return what is really there, by field or computed name, or nothing when it is gone.

        A field that is left out is as wanted. A field whose real value may be secret is left out when it is as wanted,
        and a text that only tells that it differs otherwise.
        """

    @abstractmethod
    def apply(self) -> None:
        """Make it so; change only what differs."""

    @abstractmethod
    def remove(self) -> None:
        """Remove it; succeed when it is already gone."""

    def preview(self) -> dict[str, Any] | None:
        """Return what a preview compares with while the resource is not ours yet, and change nothing at all.

        That is what `read` returns, unless more can be told of what others have set up.
        """
        return self.read()

    def rescue(self) -> Rescue | None:
        """Return what to save before a change, for a kind whose change can lock people out; nothing for any other.

        Such a change is kept only when a new connection confirms it. Called on the server, before `apply` and `remove`.
        """
        return None

    def foresee(self) -> dict[str, Any] | None:
        """Return what would keep it from being applied once all is there that it needs, without touching anything.

        Called on the server, before the first resource of an update.
        """
        return None

    def predict(self) -> dict[str, Any]:
        """Return what of `COMPUTED` is known before the resource exists."""
        return {}

    def compare(self, former: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what of `COMPUTED` a preview can tell of a change; asks nobody, and any field may be unknown.

        Args:
            former: the outputs in the state, by name on the wire; nothing when the resource is new.

        Raises:
            AgentError: by what the state knows of the server, the change would be refused there.
        """
        del former
        return {}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Yield `(field, what is wrong with it)` for values no server can take; called before any connection."""
        yield from ()

    def refusals(self, former: Self) -> Iterator[tuple[str, str]]:
        """Yield `(field, why not)` for changes that are never made; called before any connection.

        Args:
            former: the same resource, of the same identity, as the last run left it.
        """
        del former
        yield from ()

    @classmethod
    def from_wire(cls, properties: Mapping[str, Any]) -> Self:
        """Return the resource that a property bag describes; names that are no field are left aside."""
        named = {field.name: properties.get(camel_case(field.name)) for field in fields(cls)}
        return cls(**{name: _frozen(value) for name, value in named.items() if value is not None})

    def identity(self) -> str:
        """Return the id of the resource."""
        return "/".join(str(getattr(self, name)) for name in self.IDENTITY)

    def label(self) -> str:
        """Return what people call the resource in a message, as in `File /etc/motd`."""
        return f"{type(self).__name__} {self.identity()}"


def camel_case(name: str) -> str:
    """Return the name on the wire of a field."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def kinds(modules: Iterable[str]) -> dict[str, type[Kind]]:
    """Return the kinds that the given modules define, by name."""
    for module in sorted(modules):
        import_module(module)
    return {kind.__name__: kind for kind in Kind.__subclasses__()}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
