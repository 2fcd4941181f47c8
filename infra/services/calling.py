"""How the services of a product call each other, and which comes before which."""

import graphlib
from collections.abc import Callable, Collection, Mapping, Sequence

from infra.compose import project
from infra.ingress.rules import PublicRule


def in_order(
    services: Mapping[str, project.Service], further: Callable[[project.Service], Collection[str]] = lambda _: ()
) -> list[project.Service]:
    """Return the services so that each comes after those it depends on.

    Args:
        services: by their names.
        further: what a service depends on beside what it says.

    Raises:
        graphlib.CycleError: services depend on each other in a circle; both have been refused before.
    """
    graph = {
        name: [*(dependency.service for dependency in service.depends_on), *sorted(further(service))]
        for name, service in sorted(services.items())
    }
    return [services[name] for name in graphlib.TopologicalSorter(graph).static_order()]


def internal_ports(services: Mapping[str, project.Service]) -> set[int]:
    """Return the ports on which the edge answers in the place of a product's services."""
    return {port for service in services.values() if is_called(service) for port in service.ports}


def is_called(service: project.Service) -> bool:
    """Tell whether neighbours reach a service through the edge: one that is stop-first they call directly."""
    return service.strategy == "rolling" and bool(service.ports)


def http_ports(service: project.Service, public: Sequence[PublicRule]) -> tuple[int, ...]:
    """Return the ports on which the edge speaks HTTP with a service, those that the world reaches first."""
    return tuple(dict.fromkeys([*(rule.port for rule in public), *(service.ports if is_called(service) else ())]))


def names(service: project.Service) -> tuple[str, ...]:
    """Return the names by which neighbours call a service on the product's network."""
    aliases = {alias for network in service.networks if network.name == "default" for alias in network.aliases}
    return tuple(sorted({service.name, *aliases}))
