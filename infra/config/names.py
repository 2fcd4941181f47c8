"""Names on the servers, made of stack, product and service: none may be too long or stand for two things."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from infra.compose.project import Project
from infra.config.mistakes import Step
from infra.config.neighbours import Neighbour
from infra.config.section import NAME

_LONGEST = 63
"""Container names are host names too, and a DNS label ends there (RFC 1035)."""
_RELEASE = len("-01234567")
EDGE = "edge"
"""Taken by the edge, in the release file and in labels."""


def broken_names(
    stack: str, projects: Mapping[str, Project | None], neighbours: Collection[Neighbour] = ()
) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield places of the stack file whose names cannot be used, each with the reason.

    Args:
        stack: name of the stack.
        projects: product → its project; None for one that has mistakes of its own.
        neighbours: products of other stacks on the same servers.
    """
    try:
        NAME.check(stack)
    except ValueError as error:
        yield (), f"the stack's name {error}"
    if EDGE in projects:
        yield ("products", EDGE), "is the name of the edge itself: choose another"
    owners = Counter(name for product, project in projects.items() for name in _names(product, project))
    for product, project in projects.items():
        longest = max((len(f"{stack}-{name[1]}") for name in _names(product, project)), default=0) + _RELEASE
        if longest > _LONGEST:
            yield ("products", product), f"is too long: a container's name would have {longest} letters of {_LONGEST}"
        for kind, name in _names(product, project):
            if owners[kind, name] > 1:
                yield ("products", product), f"two products would have a {kind} {stack}-{name}: choose another name"
    yield from _shared_names(stack, projects, neighbours)


def _shared_names(
    stack: str, projects: Mapping[str, Project | None], neighbours: Collection[Neighbour]
) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield names that are another stack's, too: `dev-a` and `b` make the same as `dev` and `a-b`."""
    owners = {
        (kind, f"{each.stack}-{name}"): each.title
        for each in neighbours
        for kind, name in _names(each.name, each.project)
    }
    owners |= {("product", f"{each.stack}-{each.name}"): each.title for each in neighbours}
    for product, project in projects.items():
        for kind, name in [("product", product), *_names(product, project)]:
            owner = owners.get((kind, f"{stack}-{name}"))
            if owner is not None:
                text = f"would have a {kind} {stack}-{name} as product {owner} on the same server: choose another name"
                yield ("products", product), text


def _names(product: str, project: Project | None) -> Iterator[tuple[str, str]]:
    """Yield kind and name of what a product has on its server, without the stack."""
    if project is None:
        yield "container", product
        return
    for service in project.services:
        yield "container", f"{product}-{service}"
    for volume in project.volumes:
        yield "volume", f"{product}-{volume}"
    for network in project.networks:
        yield "network", product if network == "default" else f"{product}-{network}"
