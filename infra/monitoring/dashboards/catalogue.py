"""All dashboards, and all that they ask Prometheus for."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from infra.monitoring.dashboards.backups import BACKUPS
from infra.monitoring.dashboards.fleet import FLEET
from infra.monitoring.dashboards.panel import Dashboard
from infra.monitoring.dashboards.product import PRODUCT
from infra.monitoring.dashboards.server import SERVER

DASHBOARDS: Final[tuple[Dashboard, ...]] = (FLEET, SERVER, PRODUCT, BACKUPS)
_ANY: Final = ".+"
_INTERVAL: Final = "1m"
"""Four scrapes and more: what Grafana takes for a panel of an hour."""


class Query(NamedTuple):
    """What a panel asks for, as Prometheus takes it."""

    dashboard: str
    panel: str
    expression: str


def queries(stack: str = _ANY, product: str = _ANY) -> Iterator[Query]:
    """Yield what every panel asks for.

    Args:
        stack: in the place of the variable; a regular expression.
        product: as `stack`.
    """
    values = {"$stack": stack, "$product": product, "$__rate_interval": _INTERVAL}
    for dashboard in DASHBOARDS:
        for panels in dashboard.rows.values():
            for panel in panels:
                for expression in panel.queries.values():
                    filled = expression
                    for name, value in values.items():
                        filled = filled.replace(name, value)
                    yield Query(dashboard.name, panel.title, filled)
