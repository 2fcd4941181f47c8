"""Products of other stacks on the servers of this one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.compose.project import Project
from infra.compose.reader import Reading
from infra.config.mistakes import Mistake
from infra.config.products import Product
from infra.config.readings import read_products
from infra.config.sections import Sections
from infra.config.subnets import Claim, is_large_enough, product_subnet


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """A product that another stack has on a server of this one."""

    stack: str
    name: str
    server: str
    """What this stack calls the server."""
    section: Product
    project: Project

    @property
    def title(self) -> str:
        """What people of this stack call it."""
        return f"{self.stack}/{self.name}"


def read_neighbours(sections: Sections, root: Path) -> tuple[list[Neighbour], list[Mistake]]:
    """Return the products of other stacks on the servers of this one, and what is wrong with their compose files."""
    found: list[Neighbour] = []
    mistakes: list[Mistake] = []
    for server, partners in sections.partners.items():
        for partner in partners:
            readings = read_products(partner.stack, partner.products, root)
            mistakes.extend(mistake for reading in readings.values() for mistake in reading.mistakes)
            for name, project in _projects(readings):
                section = partner.products[name]
                found.append(Neighbour(stack=partner.stack, name=name, server=server, section=section, project=project))
    return found, mistakes


def claims(stack: str, sections: Sections) -> Iterator[tuple[str, Claim]]:
    """Yield the network of each product of a stack, for those on a known server."""
    for name, product in sections.products.items():
        subnet = _subnet(sections, product.server, stack, name, product)
        if subnet is not None:
            yield name, Claim(product=name, server=product.server, subnet=subnet)


def taken(sections: Sections, neighbours: Collection[Neighbour]) -> Iterator[Claim]:
    """Yield the networks of the products of other stacks."""
    for each in neighbours:
        subnet = _subnet(sections, each.server, each.stack, each.name, each.section)
        if subnet is not None:
            yield Claim(product=each.title, server=each.server, subnet=subnet)


def _subnet(sections: Sections, server: str, stack: str, name: str, product: Product) -> str | None:
    pool = sections.servers[server].container_subnets if server in sections.servers else None
    if pool is None or not is_large_enough(pool):
        return None
    return product.subnet or product_subnet(pool, stack, name)


def _projects(readings: dict[str, Reading]) -> Iterator[tuple[str, Project]]:
    return ((name, reading.project) for name, reading in readings.items() if reading.project is not None)
