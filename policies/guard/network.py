"""Rules on who can reach a container from outside."""

import ipaddress
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from pulumi_policy import Severity

from .inputs import each
from .rules import rule
from .types import CONTAINER

EDGE_PORTS: Final = frozenset({"80/tcp", "443/tcp", "443/udp"})
EDGE_LABELS: Final = {"slipway.product": "edge", "slipway.service": "traefik"}
"""Labels the program alone gives, and only to the edge."""
PUBLISHED_LABEL: Final = "slipway.published"
"""Label of the edge: the ports beside its own that the stack file declares, as `5432/tcp 53/udp`."""


@rule(
    on=CONTAINER,
    severity=Severity.CRITICAL,
    remedy="Give the product an `ingress` in the stack file and drop the port, or set its `ip` to `127.0.0.1`.",
)
def container_publishes_only_on_loopback(container: Mapping[str, Any]) -> Iterator[str]:
    """Only the edge can be reached from outside, and only on ports 80 and 443 and those of the stack file.

    A published port without an address is open on all of the server's networks, and Docker's rules come before the
    firewall's (CIS Docker 5.9, 5.14).
    """
    edge = _edge_ports(container) if is_edge(container) else None
    if container.get("publishAllPorts"):
        yield "`publishAllPorts` opens every port of the image."
    if container.get("networkMode") == "host":
        yield "`networkMode` is the server's own network, so every port it listens on is open."
    yield from each(container, "ports", partial(_published, edge=edge))


def is_edge(container: Mapping[str, Any]) -> bool:
    """Tell whether a container is the edge, by the labels the program gives it."""
    labels = _labels(container)
    return all(labels.get(name) == value for name, value in EDGE_LABELS.items())


def _edge_ports(container: Mapping[str, Any]) -> frozenset[str]:
    """Return what the edge may publish."""
    return EDGE_PORTS.union(_labels(container).get(PUBLISHED_LABEL, "").split())


def _labels(container: Mapping[str, Any]) -> dict[str, str]:
    return {label["label"]: label["value"] for label in container.get("labels") or () if "label" in label}


def _published(place: str, port: Mapping[str, Any], *, edge: frozenset[str] | None) -> Iterator[str]:
    if _is_loopback(port.get("ip") or ""):
        return
    if edge is None:
        yield f"`{place}` is published off loopback."
    # Numbers come as fractions over the wire.
    elif f"{int(port.get('external') or 0)}/{port.get('protocol') or 'tcp'}" not in edge:
        yield f"`{place}` of the edge is neither port 80 nor port 443, nor one that the stack file declares."


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
