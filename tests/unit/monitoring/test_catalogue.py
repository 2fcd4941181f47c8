"""The alerts themselves: what each must have, and a page for whoever gets one."""

import re
from pathlib import Path

import pytest

from infra.monitoring import catalogue, promql

ROOT = Path(__file__).parents[3]
LONGEST_SECONDS = 10
"""Of a critical alert: what it waits for is part of the half minute in which people are told."""


@pytest.mark.parametrize("rule", catalogue.rules(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_has_a_severity_a_summary_and_a_page_that_exists(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {*catalogue.SEVERITIES, "none"}
    assert rule["annotations"]["summary"]
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {each.lower() for each in headings}


def test_no_page_is_about_an_alert_that_there_is_not() -> None:
    pages = (ROOT / "docs" / "runbooks" / "alerts").iterdir()
    headings = {
        name for page in pages for name in re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert headings == catalogue.names()


def test_a_critical_alert_waits_for_ten_seconds_at_most() -> None:
    slow = [
        rule["alert"]
        for rule in catalogue.rules()
        if rule["labels"]["severity"] == "critical" and int(str(rule.get("for", "0s")).rstrip("s")) > LONGEST_SECONDS
    ]
    assert slow == []


def test_no_alert_asks_for_a_metric_that_nobody_exports() -> None:
    asked = {metric for rule in catalogue.rules() for metric in promql.metrics(str(rule["expr"]))}
    assert not {metric for metric in asked if not promql.is_exported(metric)}


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("up", {"up"}),
        ('sum by (job, instance) (rate(a_total{b="c_d"}[5m]))', {"a_total"}),
        ("a / on (x) group_left (y) b > bool 3", {"a", "b"}),
        ("sum(a) without (b) and c offset 5m unless d", {"a", "c", "d"}),
        ('label_replace(a, "b", "$1", "c", "(.*)") # and d', {"a"}),
        ("histogram_quantile(0.95, sum by (le) (rate(a_bucket[1m:10s]))) > 1e3", {"a_bucket"}),
        ("time() - a > 2 * 86400 or absent(b) == inf", {"a", "b"}),
        ("shop:errors:rate5m > 0", {"shop:errors:rate5m"}),
    ],
)
def test_the_metrics_of_an_expression_are_found(expression: str, metrics: set[str]) -> None:
    assert set(promql.metrics(expression)) == metrics


@pytest.mark.parametrize(
    ("metric", "known"),
    [
        ("slipway_container_up", True),
        ("slipway_container_upp", False),
        ("node_load1", True),
        ("orders_total", False),
        ("ALERTS", True),
    ],
)
def test_a_metric_of_slipway_is_known_by_its_whole_name(metric: str, *, known: bool) -> None:
    assert promql.is_exported(metric) is known
