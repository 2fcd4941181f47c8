"""Whether a server has what its containers are promised."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from infra.compose import cost
from infra.compose.cost import Claim
from infra.compose.project import Project
from infra.compose.quantities import MiB
from infra.config.capacity import RESERVED, Capacity
from infra.ingress.limits import EDGE_MEMORY

_EDGE = Claim(memory=EDGE_MEMORY, cpus=Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resident:
    """A product on a server."""

    title: str
    """What people call it here: `shop`, or `test/shop` for one of another stack."""
    project: Project
    memory: MiB
    """Limit of a service that sets none."""


def overbooked(
    capacity: Capacity, residents: Sequence[Resident], *, edge: bool, watchers: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield what of a server is promised more often than it may be: `memory` or `cpus`, and a sentence with the sums.

    Counted are the limits of all containers that may run at once: replicas, jobs, the edge, what watches, and for the
    time of a release the new containers of the one service that has the most. A container without a limit of processors
    counts for none: it takes what others leave.

    Args:
        capacity: what the server has.
        residents: every product on it, of whichever stack.
        edge: whether there is an edge.
        watchers: MiB of what watches the server.
    """
    claims = {each.title: _claim(each) for each in residents} | _of_platform(edge=edge, watchers=watchers)
    releases = {
        f"a release of {each.title}/{service.name}": cost.of_release(service, each.memory)
        for each in residents
        for service in each.project.services.values()
    }
    memory, cpus = capacity.memory, capacity.cpus
    reserved = RESERVED if capacity.reserved is None else capacity.reserved
    yield from _exceeded(
        "memory",
        _amounts({name: Decimal(claim.memory) for name, claim in claims.items()})
        | _largest({name: Decimal(claim.memory) for name, claim in releases.items()}),
        (memory - reserved) * capacity.overbook.memory,
        f"{memory} MiB, {reserved} MiB of it reserved",
    )
    yield from _exceeded(
        "cpus",
        _amounts({name: claim.cpus for name, claim in claims.items()})
        | _largest({name: claim.cpus for name, claim in releases.items()}),
        cpus * capacity.overbook.cpus,
        f"{_plain(cpus)} of which each may be promised {_plain(capacity.overbook.cpus)} times",
    )


def _of_platform(*, edge: bool, watchers: int) -> dict[str, Claim]:
    watching = {"monitoring": Claim(memory=MiB(watchers), cpus=Decimal(0))} if watchers else {}
    return ({"the edge": _EDGE} if edge else {}) | watching


def _claim(resident: Resident) -> Claim:
    return Claim.together(cost.standing(each, resident.memory) for each in resident.project.services.values())


def _amounts(claims: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: amount for name, amount in claims.items() if amount}


def _largest(claims: Mapping[str, Decimal]) -> dict[str, Decimal]:
    most = sorted(_amounts(claims).items(), key=lambda claim: -claim[1])
    return dict(most[:1])


def _exceeded(key: str, amounts: Mapping[str, Decimal], most: Decimal, has: str) -> Iterator[tuple[str, str]]:
    unit = " MiB" if key == "memory" else ""
    total = sum(amounts.values(), Decimal(0))
    if total > most:
        listed = ", ".join(f"{name} {_plain(amount)}{unit}" for name, amount in amounts.items())
        text = (
            f"is overbooked: {listed} come to {_plain(total)}{unit} of the {_plain(most)}{unit} that may be promised "
            f"(the server has {has}): lower limits, move a product, or allow more by `overbook: {{{key}: …}}`"
        )
        yield key, text


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")
