"""What rules judge: one resource, or all of a stack."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy.proxy import UnknownValueError
from typing_extensions import override

from .inputs import Fields, Sentence, not_known
from .settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Resource(Mapping[str, Any]):
    """A resource, read as the mapping of its inputs."""

    kind: str
    """Type token."""
    name: str
    urn: str
    inputs: Fields
    parent: str = ""
    """Name of the resource it belongs to, as the engine writes it."""
    provider: str = ""
    """Name of the provider that makes it, and with it of the server."""
    protect: bool = False
    """Whether the engine refuses to delete it."""
    secret_outputs: frozenset[str] = frozenset()
    """Outputs that the program declares secret."""
    settings: Settings = field(default_factory=dict)
    """Configuration of the rule that judges it."""

    @override
    def __getitem__(self, name: str) -> Any:
        return self.inputs[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.inputs)

    @override
    def __len__(self) -> int:
        return len(self.inputs)

    def is_secret(self, name: str) -> bool:
        """Tell whether an input is encrypted in the state."""
        return self.inputs.is_secret(name)

    def known(self, name: str) -> Any:
        """Return an input, or nothing where only `up` will know it."""
        try:
            return self.get(name)
        except UnknownValueError:
            return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """What a run has seen of a stack."""

    name: str
    resources: Sequence[Resource]
    plain_secrets: Sequence[str] = ()
    """Keys of the stack file that name a secret and hold it in the clear."""

    def of(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of some types, in the order they were declared."""
        return (resource for resource in self.resources if resource.kind in kinds)

    def each(self, judge: Callable[[Resource], Iterator[Sentence]], *kinds: str) -> Iterator[tuple[Resource, Sentence]]:
        """Judge the resources of some types one by one, so that an unknown input of one hides no other."""
        for resource in self.of(*kinds):
            try:
                yield from ((resource, sentence) for sentence in judge(resource))
            except UnknownValueError as unknown:
                yield resource, not_known(unknown)
