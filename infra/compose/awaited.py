"""Which services run to an end that others wait for."""

from collections.abc import Mapping

from infra.compose.project import Service


def is_awaited(services: Mapping[str, Service], name: str) -> bool:
    """Tell whether a service runs to its end, which another one waits for."""
    awaited = (each for other in services.values() for each in other.depends_on)
    return any((each.service, each.condition) == (name, "service_completed_successfully") for each in awaited)
