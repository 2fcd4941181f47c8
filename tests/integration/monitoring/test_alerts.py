"""Every alert fires when it should, and not a moment before: judged by Prometheus's own tool."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.monitoring import catalogue
from tests.integration.monitoring.cases import CASES, Series
from tests.tiers import require_packages


@pytest.fixture(scope="module")
def promtool() -> str:
    """Return Prometheus's own tool."""
    if shutil.which("promtool") is None:
        require_packages("prometheus")
    found = shutil.which("promtool")
    assert found
    return found


def judged(promtool: str, folder: Path, *tests: tuple[str, str, list[dict[str, Any]]]) -> str:
    """Have promtool judge worlds, each by one rule: all of them in every world would take minutes.

    Args:
        promtool: the tool.
        folder: an empty one.
        tests: alert, severity, worlds.

    Returns:
        What is otherwise than expected; nothing when all is well.
    """
    known = {(rule["alert"], rule["labels"]["severity"]): rule for rule in catalogue.rules()}
    names = []
    for name, severity, worlds in tests:
        rules = f"{name}-{severity}.json"
        alone = {"groups": [{"name": "alone", "rules": [known[name, severity]]}]}
        (folder / rules).write_text(json.dumps(alone), encoding="utf-8")
        described = {"rule_files": [rules], "evaluation_interval": "10s", "tests": worlds}
        names.append(f"test-{rules}")
        (folder / names[-1]).write_text(json.dumps(described), encoding="utf-8")
    command = [promtool, "test", "rules", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return "".join(each for each in (done.stdout + done.stderr).split("Unit Testing:") if "SUCCESS" not in each)


def world(name: str, severity: str, series: Series, at: str, *, fires: bool) -> dict[str, Any]:
    """Return a test of one alert in one world."""
    asked = f'count(ALERTS{{alertname="{name}",severity="{severity}",alertstate="firing"}})'
    expected = [{"labels": "{}", "value": 1}] if fires else []
    return {
        "name": f"{name} {severity} {'fires' if fires else 'is quiet'}",
        "interval": "10s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [{"expr": asked, "eval_time": at, "exp_samples": expected}],
    }


def test_each_alert_has_a_world_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    assert set(CASES) == {(rule["alert"], rule["labels"]["severity"]) for rule in catalogue.rules()}


def test_each_alert_fires_when_it_should_and_not_before(promtool: str, tmp_path: Path) -> None:
    tests = []
    for (name, severity), case in CASES.items():
        worlds = [world(name, severity, case.firing, case.at, fires=True)]
        if case.quiet:
            worlds.append(world(name, severity, case.quiet, case.at, fires=False))
        tests.append((name, severity, worlds))
    assert judged(promtool, tmp_path, *tests) == ""


def test_a_watchdog_that_is_not_called_is_an_alert_in_words_of_its_own(promtool: str, tmp_path: Path) -> None:
    expected = {
        "exp_labels": {"integration": "webhook", "severity": "critical"},
        "exp_annotations": {
            "summary": "The watchdog is not called",
            "runbook": "docs/runbooks/alerts/monitoring.md#channelfails",
        },
    }
    failing = {"series": 'alertmanager_notifications_failed_total{integration="webhook"}', "values": "0x5 1x20"}
    told = {
        "interval": "10s",
        "input_series": [failing],
        "alert_rule_test": [{"alertname": "ChannelFails", "eval_time": "1m10s", "exp_alerts": [expected]}],
    }
    assert judged(promtool, tmp_path, ("ChannelFails", "critical", [told])) == ""


def test_the_summary_has_the_value_and_names_what_it_is_about(promtool: str, tmp_path: Path) -> None:
    labels = {"stack": "dev", "product": "shop", "service": "web", "container": "dev-shop-web"}
    series = ",".join(f'{label}="{value}"' for label, value in labels.items())
    expected = {
        "exp_labels": {**labels, "severity": "warning"},
        "exp_annotations": {
            "summary": "shop/web uses 95% of its memory limit",
            "runbook": "docs/runbooks/alerts/containers.md#containermemoryfull",
        },
    }
    told = {
        "interval": "10s",
        "input_series": [
            {"series": f"slipway_container_memory_bytes{{{series}}}", "values": "95x100"},
            {"series": f"slipway_container_memory_limit_bytes{{{series}}}", "values": "100x100"},
        ],
        "alert_rule_test": [{"alertname": "ContainerMemoryFull", "eval_time": "10m", "exp_alerts": [expected]}],
    }
    assert judged(promtool, tmp_path, ("ContainerMemoryFull", "warning", [told])) == ""


def test_nothing_is_wrong_with_the_rules_themselves(promtool: str, tmp_path: Path) -> None:
    for name, text in catalogue.texts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [promtool, "check", "rules", "--lint=all", "--lint-fatal", *sorted(catalogue.texts())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
