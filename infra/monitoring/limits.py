"""What the containers that watch a server may take, in MiB: 350 for one server and two products."""

from collections.abc import Iterable, Mapping
from typing import Final

from infra.compose.measured import DatabaseKind

MEMORY: Final = {"alertmanager": 48, "blackbox-exporter": 28, "node-exporter": 32, "prometheus": 144}
"""Those that a server has once."""
EXPORTERS: Final[Mapping[DatabaseKind, int]] = {"postgres": 28, "redis": 20}
"""One for each database server."""
GRAFANA: Final = 192
"""Where a stack asks for it; it is not in the 350."""


def together(databases: Iterable[DatabaseKind], *, grafana: bool) -> int:
    """Return what all of them may take on a server whose products have these databases."""
    return sum(MEMORY.values()) + grafana * GRAFANA + sum(EXPORTERS[kind] for kind in databases)
