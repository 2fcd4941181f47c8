"""Rules on the ways in: what none of a product's entries can know alone."""

from collections.abc import Collection, Iterator, Mapping

from infra.compose.project import Project, Service
from infra.config.ingress import Ingress, PublishedPort
from infra.config.mistakes import Step, did_you_mean, place
from infra.config.neighbours import Neighbour
from infra.config.products import Product
from infra.config.sections import Sections

Broken = tuple[tuple[Step, ...], str]
"""Place below `slipway:`, and the sentence."""
TAKEN_PORTS = {80: "the edge", 443: "the edge"}
"""Ports of every server that has an edge."""


def broken_ingress_rules(
    sections: Sections, projects: Mapping[str, Project | None], neighbours: Collection[Neighbour] = ()
) -> Iterator[Broken]:
    """Yield every broken rule of the ways in.

    Args:
        sections: what is right in the stack file.
        projects: product → its project; None for one that has mistakes of its own.
        neighbours: products of other stacks on the same servers.
    """
    for name, product in sections.products.items():
        at = ("products", name)
        yield from _needs_edge(sections, at, product)
        project = projects.get(name)
        if project is not None:
            for index, ingress in enumerate(product.ingress):
                yield from _leads_to(project, (*at, "ingress", index), ingress)
            for index, port in enumerate(product.ports):
                yield from _leads_on(sections, product, project, (*at, "ports", index), port)
    yield from _shared_addresses(sections)
    yield from _shared_hosts(sections, neighbours)
    yield from _shared_ports(sections, neighbours)


def hosts(product: Product) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the domains of a product, each with its place below the product's section."""
    for index, ingress in enumerate(product.ingress):
        if ingress.host is not None:
            yield ("ingress", index), ingress.host
    for index, redirect in enumerate(product.redirects):
        yield ("redirects", index), redirect.host


def _needs_edge(sections: Sections, at: tuple[Step, ...], product: Product) -> Iterator[Broken]:
    if sections.has_edge(product.server):
        return
    owner = sections.owners.get(product.server)
    where = f" in the file of stack {owner.stack}, whose server it is" if owner else ""
    for key in ("ingress", "redirects", "ports"):
        if getattr(product, key):
            yield (*at, key), f"needs the section `slipway:edge`{where}: it says where certificates come from"


def _leads_to(project: Project, at: tuple[Step, ...], ingress: Ingress) -> Iterator[Broken]:
    service = project.services.get(ingress.service)
    if service is None:
        yield _unknown(project, at, ingress.service)
        return
    if ingress.port not in service.ports:
        yield (*at, "port"), f"service {service.name} has no such port: put it under `expose` in the compose file"
    yield from _reachable(project, service, at)


def _leads_on(
    sections: Sections, product: Product, project: Project, at: tuple[Step, ...], port: PublishedPort
) -> Iterator[Broken]:
    service = project.services.get(port.service)
    if service is None:
        yield _unknown(project, at, port.service)
        return
    exposed = {(each.number, each.protocol) for each in service.expose}
    if (port.target, port.protocol) not in exposed:
        written = f"{port.target}/udp" if port.protocol == "udp" else str(port.target)
        text = f"service {service.name} has no such port: put `{written}` under `expose` in the compose file"
        yield (*at, "target"), text
    if port.protocol == "tcp" and service.strategy == "rolling":
        text = (
            f"service {service.name} is released as one that speaks HTTP, and a `ports` entry of TCP is for one that "
            "does not: set `x-slipway: {release: recreate}` in the compose file, or use an `ingress` with `listen`"
        )
        yield (*at, "service"), text
    server = sections.servers.get(product.server)
    if port.protocol == "udp" and port.allow and server and server.profile == "minimal" and server.firewall is None:
        yield (*at, "allow"), "is the firewall's work for UDP: the server needs one, `firewall: {}`"
    yield from _reachable(project, service, at)


def _unknown(project: Project, at: tuple[Step, ...], service: str) -> Broken:
    remark = did_you_mean(service, project.services)
    return (*at, "service"), f"names no service of the compose files{remark}"


def _reachable(project: Project, service: Service, at: tuple[Step, ...]) -> Iterator[Broken]:
    if not any(network.name == "default" for network in service.networks):
        text = f"service {service.name} is not on the network `default`, which the edge joins: put it there too"
        yield (*at, "service"), text
    elif project.networks["default"].internal:
        text = f"service {service.name} is internal: the compose files keep the network `default` from the outside"
        yield (*at, "service"), text


def _shared_addresses(sections: Sections) -> Iterator[Broken]:
    """Two entries under one address would answer in turn."""
    owners: dict[tuple[str, str], str] = {}
    for name, product in sections.products.items():
        for steps, host, path in _addresses(product):
            at = ("products", name, *steps)
            if (host, path) in owners:
                yield at, f"has the same {'host' if '.' in host else 'port'} and path as {owners[host, path]}"
            owners.setdefault((host, path), place(*at))


def _addresses(product: Product) -> Iterator[tuple[tuple[Step, ...], str, str]]:
    """Yield place, host and path of a product's entries; for one without a domain, server and port are the host."""
    for index, ingress in enumerate(product.ingress):
        yield ("ingress", index), ingress.host or f"{product.server}:{ingress.listen}", ingress.path.rstrip("/")
    for index, redirect in enumerate(product.redirects):
        yield ("redirects", index), redirect.host, redirect.path.rstrip("/")


def _shared_hosts(sections: Sections, neighbours: Collection[Neighbour]) -> Iterator[Broken]:
    """A host in two products would lead to one of them by chance, and its DNS record to one server only."""
    owners = {host: each.title for each in neighbours for _, host in hosts(each.section)}
    for name, product in sections.products.items():
        for steps, host in hosts(product):
            owner = owners.setdefault(host, name)
            if owner != name:
                yield ("products", name, *steps, "host"), f"is a host of product {owner}: a host leads to one product"


def _shared_ports(sections: Sections, neighbours: Collection[Neighbour]) -> Iterator[Broken]:
    """Of one server's port there is one."""
    owners: dict[tuple[str, str, int], tuple[str, str]] = {}
    for name, server in sections.servers.items():
        owners |= {(name, "tcp", port): (owner, "") for port, owner in TAKEN_PORTS.items()}
        owners[name, "udp", 443] = ("the edge", "")
        owners[name, "tcp", server.ssh.port] = ("the SSH server", "")
    for each in neighbours:
        for _, speaks, port in _ports(each.section):
            owners[each.server, "udp" if speaks == "udp" else "tcp", port] = (f"product {each.title}", "")
    for name, product in sections.products.items():
        for steps, speaks, port in _ports(product):
            at = (product.server, "udp" if speaks == "udp" else "tcp", port)
            entry = (f"product {name}", speaks)
            if at in owners and (owners[at] != entry or speaks != "http"):
                text = f"is a port of {owners[at][0]} on server {product.server}: choose another"
                yield ("products", name, *steps), text
            owners.setdefault(at, entry)


def _ports(product: Product) -> Iterator[tuple[tuple[Step, ...], str, int]]:
    for index, ingress in enumerate(product.ingress):
        if ingress.listen is not None:
            yield ("ingress", index, "listen"), "http", ingress.listen
    for index, port in enumerate(product.ports):
        yield ("ports", index, "port"), port.protocol, port.port
