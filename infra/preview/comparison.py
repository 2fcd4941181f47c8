"""Two programs of one stack compared: what going from the one to the other would do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.preview.impacts import reckoned
from infra.preview.inputs import changed_paths, hashed, top_level
from infra.preview.replacing import CONTAINER, is_replaced
from infra.preview.report import Impact, Operation
from infra.preview.run import Resource
from policies.guard.waivers import RELEASE

Graph = Mapping[str, Resource]
"""What a program wants, by name."""
NOTHING_OF_ITS_OWN: Final = ("slipway:", "pulumi:")
"""Beginnings of the types that stand for nothing on a server or elsewhere: components and providers."""
NO_LOSS: Final = frozenset({"host:index:Image", "host:index:Ready"})
"""Types of which nothing is missed: an image that can be pulled again, and gates."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What differs between two programs."""

    operations: Sequence[Operation]
    unchanged: int
    impacts: Sequence[Impact]


def compare(before: Graph, after: Graph) -> Comparison:
    """Return what going from one program to another would do.

    A value that only an `up` knows is the same in both, unless what it is composed of differs.
    """
    operations = sorted(_operations(before, after), key=lambda one: one.urn)
    replaced = {
        str(before[one.urn].inputs.get("name"))
        for one in operations
        if one.kind == "replace" and before[one.urn].type == CONTAINER
    }
    changed = {one.urn for one in operations}
    return Comparison(
        operations=operations,
        unchanged=sum(urn not in changed for urn in after),
        impacts=list(reckoned(_inputs(before), _inputs(after), replaced)),
    )


def destructive(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield the URNs of what is lost, or is away for a while: not the former release of what has a new one."""
    known = list(operations)
    successors = {_lineage(one) for one in known if one.kind in ("create", "import")}
    for one in known:
        if one.kind not in ("delete", "replace") or one.type.startswith(NOTHING_OF_ITS_OWN) or one.type in NO_LOSS:
            continue
        if one.kind == "replace" or not RELEASE.search(one.name) or _lineage(one) not in successors:
            yield one.urn


def _inputs(graph: Graph) -> Mapping[str, Mapping[str, object]]:
    return {urn: resource.inputs for urn, resource in graph.items()}


def _lineage(operation: Operation) -> tuple[str, str]:
    """Return what the releases of one resource have in common."""
    return operation.type, RELEASE.sub("", operation.name)


def _operations(before: Graph, after: Graph) -> Iterator[Operation]:
    for urn, resource in before.items():
        if urn not in after:
            yield Operation(kind="delete", urn=urn, before=hashed(resource.inputs), protected=resource.protected)
    for urn, resource in after.items():
        former = before.get(urn)
        if former is None:
            yield Operation(kind="create", urn=urn, after=hashed(resource.inputs))
        elif paths := changed_paths(former.inputs, resource.inputs):
            yield Operation(
                kind="replace" if is_replaced(resource.type, top_level(paths)) else "update",
                urn=urn,
                paths=paths,
                before=hashed(former.inputs),
                after=hashed(resource.inputs),
                protected=former.protected,
            )
