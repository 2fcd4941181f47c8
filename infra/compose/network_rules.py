"""Rules on the addresses and the bridges of a product's networks."""

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from infra.compose.project import Network, Project
from infra.config.mistakes import Finding
from infra.host.agent.edge_table import BRIDGE

_BRIDGE_NAME = "com.docker.network.bridge.name"


def broken_network_rules(project: Project) -> Iterator[Finding]:
    """Yield every broken rule of a project's networks."""
    for network in project.networks.values():
        if network.name == "default" and network.ranges:
            text = "is the product's `subnet` in the stack file, by which the edge tells callers apart: set it there"
            yield Finding(("networks", network.name, "ipam"), text)
        yield from _addresses(network)
        if not network.options.get(_BRIDGE_NAME, BRIDGE).startswith(BRIDGE):
            text = f"must begin with `{BRIDGE}`: the firewall takes any other interface for one that leads outside"
            yield Finding(("networks", network.name, "driver_opts", _BRIDGE_NAME), text)
    for service in project.services.values():
        for use in service.networks:
            found = project.networks.get(use.name)
            if use.address and found and not any(_within(use.address, each.subnet) for each in found.ranges):
                at = ("services", service.name, "networks", use.name, "ipv4_address")
                yield Finding(at, f"is not in a subnet of network {use.name}: give it one by `ipam`")


def _addresses(network: Network) -> Iterator[Finding]:
    for index, each in enumerate(network.ranges):
        at = ("networks", network.name, "ipam", "config", index)
        if each.gateway and not _within(each.gateway, each.subnet):
            yield Finding((*at, "gateway"), "is not in the subnet")
        if each.ip_range and not _part(each.ip_range, each.subnet):
            yield Finding((*at, "ip_range"), "is not in the subnet")
        for name, address in each.reserved.items():
            if not _within(address, each.subnet):
                yield Finding((*at, "aux_addresses", name), "is not in the subnet")


def _within(address: str, subnet: str) -> bool:
    try:
        return IPv4Address(address) in IPv4Network(subnet)
    except AddressValueError:
        return False


def _part(part: str, subnet: str) -> bool:
    try:
        return IPv4Network(part).subnet_of(IPv4Network(subnet))
    except ValueError:
        return False
