"""Rules on whom a container can reach, and who reaches it past its ports."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence, each
from .privileges import repository
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import CONTAINER, NETWORK
from .workload import WORKLOADS, each_of, labels, read

SSH_PORT: Final = 22
SSH_SERVERS: Final = frozenset({"sshd", "dropbear"})
STORES: Final = frozenset(
    {
        "cockroach",
        "elasticsearch",
        "mariadb",
        "memcached",
        "mongo",
        "mongodb",
        "mysql",
        "opensearch",
        "postgis",
        "postgres",
        "postgresql",
        "redis",
        "timescaledb",
        "valkey",
    }
)
"""Last part of the repository of images that keep data."""


@rule(
    "D06",
    on=WORKLOADS,
    severity=Severity.CRITICAL,
    remedy="Put the service on a network of its own; what others must reach is an `ingress`.",
    sources=("CIS Docker 5.10", "KICS 071a71ff", "CL-0008"),
)
def container_keeps_off_the_servers_network(workload: Resource) -> Iterator[Sentence]:
    """Containers are not on the server's own network.

    There every port they open is open on the server, and they reach what listens on its loopback.
    """
    if workload.kind == CONTAINER and workload.get("networkMode") == "host":
        yield "`networkMode` is the server's own network."
    yield from each_of(workload, "networks", _host_network)


@rule(
    "D15",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Put it on a network of its product (`networks` in the compose file).",
    sources=("CIS Docker 5.30", "CIS Docker 2.2", "KICS ce14a68b"),
)
def container_has_a_network_of_its_own(workload: Resource) -> Iterator[Sentence]:
    """Containers are on networks of their product, not on Docker's default bridge.

    On the bridge every container of the server reaches every other.
    """
    mode = (workload.get("networkMode") or "") if workload.kind == CONTAINER else ""
    place, networks = read(workload, "networks")
    if not networks and mode != "none" and not mode.startswith("container:"):
        yield f"`{place}` is empty."


@stack_rule(
    "D15",
    on=CONTAINER,
    severity=Severity.HIGH,
    remedy="Give each product a network of its own; they call each other by domain, through the edge.",
    sources=("CIS Docker 2.2",),
    waits=True,
)
def network_belongs_to_one_product(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """No two products share a network.

    A product that is broken into must not reach the database of another.
    """
    yield from stack.each(partial(_shared, owners={}), CONTAINER)


@stack_rule(
    "D15",
    on=(CONTAINER, NETWORK),
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Put databases and caches on a network with `internal: true`, and their callers on it too.",
    sources=("CIS Docker 5.30",),
    waits=True,
)
def store_has_no_way_out(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Databases and caches are on internal networks alone.

    Whoever gets a query through cannot send the data anywhere, or fetch more tools.
    """
    open_networks = {
        (network.provider, network.known("name")) for network in stack.of(NETWORK) if not network.known("internal")
    }
    yield from stack.each(partial(_leads_outside, open_networks=open_networks), CONTAINER)


@rule(
    "D16",
    on=NETWORK,
    severity=Severity.MEDIUM,
    level=EnforcementLevel.ADVISORY,
    remedy="Set `options: {encrypted: ''}`.",
    sources=("CIS Docker 7.3",),
)
def overlay_network_is_encrypted(network: Resource) -> Iterator[Sentence]:
    """Networks between servers are encrypted.

    An overlay is plain VXLAN otherwise: whoever is on the provider's network reads along.
    """
    if network.get("driver") == "overlay" and "encrypted" not in (network.get("options") or {}):
        yield "`options.encrypted` is not set."


@rule(
    "D35",
    on=WORKLOADS,
    severity=Severity.HIGH,
    remedy="Take the SSH server out: `docker exec` on the server is the way in.",
    sources=("CIS Docker 5.7",),
)
def container_runs_no_ssh_server(workload: Resource) -> Iterator[Sentence]:
    """Containers run no SSH server.

    It is a second way in, past the keys, bans and logs of the server.
    """
    for name in ("command", "entrypoint"):
        place, words = read(workload, name)
        if any(part.rpartition("/")[2] in SSH_SERVERS for word in words or () for part in word.split()):
            yield f"`{place}` starts one."
    if workload.kind == CONTAINER:
        yield from each(workload, "ports", _ssh_port)


def _shared(container: Resource, *, owners: dict[tuple[str, str], str]) -> Iterator[Sentence]:
    product = labels(container).get("slipway.product") or ""
    for network in _networks(container):
        owner = owners.setdefault((container.provider, network), product)
        if product and owner and owner != product:
            yield "`networksAdvanced` holds a network of another product."


def _leads_outside(container: Resource, *, open_networks: Collection[tuple[str, str]]) -> Iterator[Sentence]:
    if repository(container.get("image") or "").rpartition("/")[2] in STORES and any(
        (container.provider, network) in open_networks for network in _networks(container)
    ):
        yield "`networksAdvanced` holds a network that leads outside."


def _host_network(place: str, network: Mapping[str, Any]) -> Iterator[Sentence]:
    if network.get("name") == "host":
        yield f"`{place}` is the server's own network."


def _ssh_port(place: str, port: Mapping[str, Any]) -> Iterator[Sentence]:
    if port.get("internal") == SSH_PORT:
        yield f"`{place}` leads to port {SSH_PORT} of the container."


def _networks(container: Resource) -> list[str]:
    return [network["name"] for network in container.get("networksAdvanced") or () if "name" in network]
