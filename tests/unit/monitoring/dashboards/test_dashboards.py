"""Every panel says what it shows, and asks for what there is."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from infra.monitoring.dashboards.__main__ import main
from infra.monitoring.dashboards.build import text
from infra.monitoring.dashboards.catalogue import DASHBOARDS, queries
from infra.monitoring.dashboards.panel import Dashboard
from infra.monitoring.observer.metrics import FAMILIES
from tests.tiers import require_packages

EXPORTED: Final = {
    *("ALERTS", "up", "probe_success"),
    *("node_cpu_seconds_total", "node_load5", "node_load15", "node_disk_io_time_seconds_total"),
    *("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"),
    *("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
    "traefik_service_requests_total",
    "traefik_service_request_duration_seconds_bucket",
    *("pg_stat_activity_count", "pg_settings_max_connections", "pg_database_size_bytes"),
    *("pg_stat_database_xact_commit", "pg_stat_database_xact_rollback"),
    "redis_memory_used_bytes",
}
"""What the exporters in Debian 13 and Traefik 3 give, of all that dashboards may ask for."""
METRIC: Final = re.compile(r"\b(?:(?:slipway|node|traefik|pg|redis|probe|blackbox)_\w+|ALERTS|up)\b")


def built(dashboard: Dashboard) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(dashboard))
    return found


def test_every_expression_parses(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        require_packages("prometheus")
    rules = [{"record": f"query:{index}", "expr": each.expression} for index, each in enumerate(queries())]
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    judged = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stderr
    assert len(rules) > 40


def test_no_panel_asks_for_a_metric_that_nobody_has() -> None:
    asked = {metric for each in queries() for metric in METRIC.findall(each.expression)}
    assert not asked - EXPORTED - set(FAMILIES)
    assert not EXPORTED - asked, "what no panel asks for does not belong into the list"


def test_no_variable_is_left_in_what_prometheus_is_asked() -> None:
    assert not [each for each in queries(stack="dev", product="shop") if "$" in each.expression]
    assert [each for each in queries(stack="dev", product="shop") if 'stack=~"dev",product=~"shop"' in each.expression]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_every_panel_has_a_unit_a_description_and_a_place(dashboard: Dashboard) -> None:
    panels = [panel for panel in built(dashboard)["panels"] if panel["type"] != "row"]
    assert len(panels) == sum(map(len, dashboard.rows.values()))
    assert all(panel["fieldConfig"]["defaults"]["unit"] and panel["description"].endswith(".") for panel in panels)
    assert all(panel["datasource"] == {"type": "prometheus", "uid": "${server}"} for panel in panels)
    assert all(panel["targets"] for panel in panels)
    assert len(panels) <= 25
    places = Counter((panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels)
    assert max(places.values()) == 1, "no panel hides another one"


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_every_dashboard_is_chosen_from_by_stack_product_and_server(dashboard: Dashboard) -> None:
    made = built(dashboard)
    assert [each["name"] for each in made["templating"]["list"]] == ["server", "stack", "product"]
    assert (made["editable"], made["uid"]) == (False, f"slipway-{dashboard.name}")


def test_what_is_out_of_date_is_said_and_what_is_left_over_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "fleet.json").write_text("{}", encoding="utf-8")
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.count("is out of date") == 2
    assert main([], tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{each.name}.json" for each in DASHBOARDS)
