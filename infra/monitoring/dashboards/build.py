"""A dashboard as Grafana reads it, by its own builders."""

import json
from collections.abc import Callable
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as grafana
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from infra.monitoring.dashboards.panel import Dashboard, Kind, Panel

SERVER: Final = "server"
"""Variable by which people choose a server: each has a Prometheus of its own, which is a source of data."""
_SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid=f"${{{SERVER}}}")
_HEIGHT: Final = {"figure": 4, "graph": 8, "table": 10}
_VARIABLES: Final = {
    "stack": "label_values(slipway_container_desired, stack)",
    "product": 'label_values(slipway_container_desired{stack=~"$stack"}, product)',
}
_PANELS: Final[dict[Kind, Callable[[], Any]]] = {"figure": stat.Panel, "graph": timeseries.Panel, "table": table.Panel}


def text(dashboard: Dashboard) -> str:
    """Return the JSON of a dashboard."""
    built = _built(dashboard).build()
    return f"{json.dumps(json.loads(JSONEncoder(sort_keys=True).encode(built)), indent=1, sort_keys=True)}\n"


def _built(dashboard: Dashboard) -> grafana.Dashboard:
    made = (
        grafana.Dashboard(dashboard.title)
        .uid(f"slipway-{dashboard.name}")
        .description(dashboard.description)
        .tags(["slipway"])
        .time("now-1h", "now")
        .refresh("10s")
        # Whoever changes one in the browser would lose it with the next release.
        .readonly()
        .with_variable(grafana.DatasourceVariable(SERVER).label("Server").type("prometheus"))
    )
    for name, query in _VARIABLES.items():
        made = made.with_variable(_variable(name, query))
    for title, panels in dashboard.rows.items():
        made = made.with_row(grafana.Row(title))
        for panel in panels:
            made = made.with_panel(_panel(panel))
    return made


def _variable(name: str, query: str) -> grafana.QueryVariable:
    return (
        grafana.QueryVariable(name)
        .label(name.capitalize())
        .datasource(_SOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".+")
    )


def _panel(panel: Panel) -> Any:
    made = (
        _PANELS[panel.kind]()
        .title(panel.title)
        .description(panel.description)
        .unit(panel.unit)
        .datasource(_SOURCE)
        .span(panel.width)
        .height(_HEIGHT[panel.kind])
    )
    for index, (legend, expression) in enumerate(panel.queries.items()):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(chr(ord("A") + index))
        made = made.with_target(query if panel.kind == "graph" else query.instant())
    return made
