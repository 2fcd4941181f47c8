"""Rules on which ports of a server are open."""

import ipaddress
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from pulumi_policy import Severity

from .inputs import Sentence, each
from .resource import Resource
from .rules import rule
from .settings import Setting
from .types import CONTAINER, FIREWALL_RULE, SERVICE
from .workload import labels

EDGE_PORTS: Final = frozenset({80, 443})
EDGE_LABELS: Final = {"slipway.product": "edge", "slipway.service": "traefik"}
"""Labels the program alone gives, and only to the edge."""
PUBLISHED_LABEL: Final = "slipway.published"
"""Label of the edge: the ports beside its own that the stack file declares, as `5432/tcp 53/udp`."""
PRIVATE_PORTS: Final = (2375, 2376, 3000, 3306, 5432, 5672, 6379, 9090, 9093, 9100, 9200, 11211, 27017)
"""Where databases, caches, queues, monitoring and the Docker engine listen, most of them without a password."""
PRIVILEGED: Final = 1024


@rule(
    "D11",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Give the product an `ingress` in the stack file and drop the port, or set its `ip` to `127.0.0.1`; an "
    "address of a private network is listed under `addresses`.",
    sources=("CIS Docker 5.14", "KICS 451d79dc", "CL-0005"),
    settings={"addresses": Setting(description="Private addresses of servers that a port may be bound to.")},
)
def container_publishes_only_on_loopback(container: Resource) -> Iterator[Sentence]:
    """Only the edge can be reached from outside, and only on ports 80 and 443 and those of the stack file.

    A published port without an address is open on all of the server's networks, and Docker's rules come before the
    firewall's.
    """
    private = frozenset(container.settings["addresses"])
    edge = _edge_ports(container) if is_edge(container) else None
    yield from each(container, "ports", partial(_published, edge=edge, private=private))


@rule(
    "D12",
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Drop `publishAllPorts`, and give the product an `ingress`.",
    sources=("CIS Docker 5.9",),
)
def container_does_not_publish_all_ports(container: Resource) -> Iterator[Sentence]:
    """Containers publish no ports but those that are listed.

    What the image exposes is open to the world otherwise, on a port that changes with every start.
    """
    if container.get("publishAllPorts"):
        yield "`publishAllPorts` opens every port of the image."


@rule(
    "D13",
    on=(CONTAINER, SERVICE, FIREWALL_RULE),
    severity=Severity.CRITICAL,
    remedy="Do not publish it: neighbours reach it on the product's network, people through an SSH tunnel.",
    sources=("CIS Docker 5.9",),
    settings={
        "ports": Setting(description="Ports that nobody outside may reach.", default=PRIVATE_PORTS, items="integer")
    },
)
def private_port_is_not_public(resource: Resource) -> Iterator[Sentence]:
    """Databases, caches, queues and monitoring cannot be reached from outside.

    They are scanned for within minutes, and most of them trust whoever calls.
    """
    private = frozenset(resource.settings["ports"])
    if resource.kind == CONTAINER:
        # Who reaches a port of the stack file is what its firewall rules say, which are judged too.
        declared = _edge_ports(resource) if is_edge(resource) else frozenset()
        yield from each(resource, "ports", partial(_private_port, private=private, declared=declared))
    elif resource.kind == SERVICE:
        yield from each(
            resource.get("endpointSpec") or {}, "ports", partial(_private_task, private=private), inside="endpointSpec."
        )
    elif (resource.get("source") or "any") == "any" and _covers(str(resource.get("port") or ""), private):
        yield "`port` holds one of them, and `source` is everyone."


@rule(
    "D14",
    on=SERVICE,
    severity=Severity.CRITICAL,
    remedy="Drop the port and give the product an `ingress`; the edge publishes 80 and 443 with `publishMode: host`.",
    sources=("CIS Docker 7.2",),
)
def service_publishes_as_the_edge_alone(service: Resource) -> Iterator[Sentence]:
    """Only the edge of a Swarm publishes ports, 80 and 443, and on its own node.

    Swarm binds a port on every node and address; through its mesh every client has the same address, so that limits and
    bans hit all of them.
    """
    judge = partial(_task_port, edge=is_edge(service))
    yield from each(service.get("endpointSpec") or {}, "ports", judge, inside="endpointSpec.")


@rule(
    "D36",
    on=CONTAINER,
    severity=Severity.MEDIUM,
    remedy=f"Publish it on a port from {PRIVILEGED} up, or give the product an `ingress`.",
    sources=("CIS Docker 5.8", "KICS bc2908f3"),
)
def container_leaves_low_ports_to_the_edge(container: Resource) -> Iterator[Sentence]:
    """Ports below 1024 of the server are the edge's alone.

    Users trust what answers there; it must be what the stack file says.
    """
    if not is_edge(container):
        yield from each(container, "ports", _low_port)


def is_edge(workload: Resource) -> bool:
    """Tell whether a workload is the edge, by the labels the program gives it."""
    given = labels(workload)
    return all(given.get(name) == value for name, value in EDGE_LABELS.items())


def is_loopback(address: str) -> bool:
    """Tell whether an address leads to the server itself."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _edge_ports(edge: Resource) -> frozenset[str]:
    """Return what the edge may publish, as `443/udp`."""
    return frozenset({"80/tcp", "443/tcp", "443/udp"}).union(labels(edge).get(PUBLISHED_LABEL, "").split())


def _name(port: Mapping[str, Any]) -> str:
    # Numbers come as fractions over the wire.
    return f"{int(port.get('external') or 0)}/{port.get('protocol') or 'tcp'}"


def _published(
    place: str, port: Mapping[str, Any], *, edge: frozenset[str] | None, private: frozenset[str]
) -> Iterator[Sentence]:
    address = port.get("ip") or ""
    if is_loopback(address) or address in private:
        return
    if edge is None:
        yield f"`{place}` is published off loopback."
    elif _name(port) not in edge:
        yield f"`{place}` of the edge is neither port 80 nor port 443, nor one that the stack file declares."


def _private_port(
    place: str, port: Mapping[str, Any], *, private: frozenset[int], declared: frozenset[str]
) -> Iterator[Sentence]:
    open_to_all = not is_loopback(port.get("ip") or "") and _name(port) not in declared
    if open_to_all and {port.get("internal"), port.get("external")} & private:
        yield f"`{place}` is one of them, off loopback."


def _private_task(place: str, port: Mapping[str, Any], *, private: frozenset[int]) -> Iterator[Sentence]:
    if {port.get("targetPort"), port.get("publishedPort")} & private:
        yield f"`{place}` is one of them."


def _task_port(place: str, port: Mapping[str, Any], *, edge: bool) -> Iterator[Sentence]:
    if not edge or port.get("publishedPort") not in EDGE_PORTS:
        yield f"`{place}` is published."
    elif port.get("publishMode") != "host":
        yield f"`{place}.publishMode` is not `host`."


def _low_port(place: str, port: Mapping[str, Any]) -> Iterator[Sentence]:
    external = port.get("external") or 0
    if 0 < external < PRIVILEGED:
        yield f"`{place}` is below {PRIVILEGED}."


def _covers(ports: str, private: frozenset[int]) -> bool:
    first, _, last = ports.partition(":")
    if not first.isdecimal():
        return False
    return any(int(first) <= port <= int(last or first) for port in private)
