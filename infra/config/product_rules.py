"""Rules on what a product asks of its server, and on products that would get in each other's way there."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from infra.compose.database_rules import beyond
from infra.compose.project import Project, PublishedPort
from infra.compose.quantities import MiB
from infra.compose.reader import Reading
from infra.config.mistakes import Step, did_you_mean
from infra.config.neighbours import Neighbour
from infra.config.products import Product
from infra.config.sections import Sections
from infra.config.subnets import Claim

Broken = tuple[tuple[Step, ...], str]
"""Place below `slipway:products`, and the sentence."""
_EDGE_PORTS = frozenset({80, 443})
_ANYWHERE = frozenset({"", str(ipaddress.IPv4Address(0)), str(ipaddress.IPv6Address(0))})
"""Addresses that mean all of a server."""


@dataclass(frozen=True, slots=True)
class _Owned:
    """A port of a server, and the service it leads to."""

    owner: str
    port: PublishedPort


def broken_product_rules(
    sections: Sections,
    readings: Mapping[str, Reading],
    claims: Mapping[str, Claim],
    neighbours: Collection[Neighbour] = (),
) -> Iterator[Broken]:
    """Yield every broken rule of the products.

    Args:
        sections: what is right in the stack file.
        readings: product → what became of its compose files.
        claims: product → its network, for those on a known server.
        neighbours: products of other stacks on the same servers.
    """
    for name, product in sections.products.items():
        reading = readings[name]
        for index, profile in enumerate(product.profiles):
            if profile not in reading.profiles:
                yield (name, "profiles", index), f"no service has it{did_you_mean(profile, reading.profiles)}"
        if reading.project is not None:
            yield from _volumes(name, product, reading.project)
            yield from _memory(name, product, reading.project)
    projects = {name: reading.project for name, reading in readings.items() if reading.project is not None}
    for server in sections.servers:
        here = {name: projects[name] for name in projects if sections.products[name].server == server}
        others = [each for each in neighbours if each.server == server]
        yield from _ports(sections, server, here, others)
        yield from _subnets(here, {name: claim for name, claim in claims.items() if claim.server == server}, others)


def _volumes(name: str, product: Product, project: Project) -> Iterator[Broken]:
    for index, volume in enumerate(product.disposable):
        if volume not in project.volumes:
            remark = did_you_mean(volume, project.volumes)
            yield (name, "disposable", index), f"is no volume of the compose files{remark}"


def _memory(name: str, product: Product, project: Project) -> Iterator[Broken]:
    """A service whose compose files set no limit has that of the product."""
    for service in project.services.values():
        for keys in beyond(service, MiB(product.memory)) if service.memory is None else ():
            what = f"`x-slipway.{'.'.join(keys)}` of service {service.name}"
            yield (name, "memory"), f"is {product.memory} MiB, and must be more than {what}: or set its `mem_limit`"


def _ports(
    sections: Sections, server: str, projects: Mapping[str, Project], neighbours: Collection[Neighbour]
) -> Iterator[Broken]:
    """Docker refuses the second one when the first one runs already, in the midst of an update."""
    ssh = sections.servers[server].ssh.port
    taken = [
        _Owned(f"{each.title}/{service.name}", port)
        for each in neighbours
        for service in each.project.services.values()
        for port in service.published
    ]
    for name, project in projects.items():
        for service in project.services.values():
            for port in service.published:
                what = f"port {port.published}/{port.protocol} of service {service.name}"
                other = next((each for each in taken if _collide(each.port, port)), None)
                if other is not None:
                    yield (name, "server"), f"{what} is published by {other.owner} on the same server"
                elif sections.has_edge(server) and port.protocol == "tcp" and port.published in _EDGE_PORTS:
                    yield (name, "server"), f"{what} is the edge's: say what may be reached by `ingress`"
                elif port.protocol == "tcp" and port.published == ssh:
                    yield (name, "server"), f"{what} is the one that the server's ssh listens on"
                taken.append(_Owned(f"{name}/{service.name}", port))


def _collide(one: PublishedPort, other: PublishedPort) -> bool:
    same = (one.published, one.protocol) == (other.published, other.protocol)
    return same and (one.address == other.address or bool(_ANYWHERE & {one.address, other.address}))


def _subnets(
    projects: Mapping[str, Project], claims: Mapping[str, Claim], neighbours: Collection[Neighbour]
) -> Iterator[Broken]:
    """Docker refuses a network that overlaps another one."""
    taken = {f"the subnet of product {name}": claim.subnet for name, claim in claims.items()}
    taken |= {
        f"that of network {network.name} of product {other.title}": each.subnet
        for other in neighbours
        for network in other.project.networks.values()
        for each in network.ranges
    }
    for name, project in projects.items():
        for network in project.networks.values():
            for each in network.ranges if network.name != "default" else ():
                wanted = ipaddress.IPv4Network(each.subnet)
                other = next(
                    (what for what, found in taken.items() if wanted.overlaps(ipaddress.IPv4Network(found))), None
                )
                if other is not None:
                    yield (name, "server"), f"the `ipam` subnet of network {network.name} overlaps {other}"
                taken[f"that of network {network.name} of product {name}"] = each.subnet
