"""The images that a stack with monitoring needs, in the release file under the product `monitoring`."""

from collections.abc import Iterable
from typing import Final

from infra.compose.measured import DatabaseKind

MONITORING: Final = "monitoring"
"""Taken by what watches, in the release file, in labels and in names on the server."""
DEFAULTS: Final = {
    "alertmanager": "docker.io/prom/alertmanager:v0.28.1",
    "blackbox-exporter": "docker.io/prom/blackbox-exporter:v0.26.0",
    "grafana": "docker.io/grafana/grafana:12.0.2",
    "node-exporter": "docker.io/prom/node-exporter:v1.9.1",
    "postgres-exporter": "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
    "prometheus": "docker.io/prom/prometheus:v2.53.5",
    # The image without `-alpine` has no program that could tell whether it is healthy.
    "redis-exporter": "docker.io/oliver006/redis_exporter:v1.69.0-alpine",
}
"""Service → image and tag that is looked up where a release file names none yet."""
EXPORTERS: Final = frozenset({"postgres-exporter", "redis-exporter"})
"""Those that a stack has where there is such a database."""


def needed(databases: Iterable[DatabaseKind], *, grafana: bool) -> set[str]:
    """Return the services that watch products with these databases."""
    found = set(DEFAULTS) - EXPORTERS - {"grafana"} | {f"{kind}-exporter" for kind in databases}
    return found | {"grafana"} if grafana else found
