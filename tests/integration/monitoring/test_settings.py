"""Settings of Prometheus and Alertmanager, and the words of alerts, by their own tools and a strict Telegram."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.config.monitoring_settings import MailSettings, TelegramSettings
from infra.ingress.rules import PublicRule
from infra.monitoring import alertmanager, prometheus, targets
from infra.monitoring.targets import WatchedProduct
from tests import channels
from tests.tiers import require_packages
from tests.unit.backups.test_backups import keeping, project

TELEGRAM = TelegramSettings(chat_id=-100, token="t", api_url="https://api.telegram.org")
MAIL = MailSettings(
    smarthost="mail.example.com:587",
    sender="a@example.com",
    to=("b@example.com",),
    username="a",
    password="p",
    require_tls=True,
)
ARGS = alertmanager.AlertmanagerArgs(telegram=TELEGRAM, mail=MAIL, watchdog=True, runbooks="https://example.com/")
OF_LATER_VERSIONS = {
    "bot_token_file: /run/secrets/telegram-token": "bot_token: t",
    "url_file: /run/secrets/watchdog-url": "url: http://a",
}
"""What Alertmanager reads from files since 0.26: Debian 12 has 0.25, whose tool judges all the rest."""


def tool(name: str, package: str) -> str:
    """Return a tool of Debian's."""
    if shutil.which(name) is None:
        require_packages(package)
    found = shutil.which(name)
    assert found
    return found


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_prometheus_takes_its_settings(tmp_path: Path) -> None:
    product = WatchedProduct(
        name="shop",
        stack="dev",
        project=project(keeping("db", "postgres:17", "/var/lib/postgresql/data"), keeping("cache", "redis:8", "/data")),
        public=(PublicRule(host="shop.example.com", path="/api", port=8000),),
        maintenance=False,
    )
    args = prometheus.PrometheusArgs(
        prefix="dev-monitoring",
        labels={"environment": "dev", "server": "main"},
        products=[product],
        databases=list(targets.databases([product])),
        sites=list(targets.sites([product])),
        edge=True,
        rules={},
    )
    write(tmp_path, prometheus.files(args))
    command = [tool("promtool", "prometheus"), "check", "config", "prometheus.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_blackbox_exporter_takes_its_settings(tmp_path: Path) -> None:
    write(tmp_path, {"blackbox.yml": prometheus.blackbox()})
    program = tool("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    command = [program, "--config.check", "--config.file=blackbox.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_alertmanager_takes_its_settings(tmp_path: Path) -> None:
    files = alertmanager.files(ARGS)
    for later, earlier in OF_LATER_VERSIONS.items():
        assert later in files["alertmanager.yml"]
        files["alertmanager.yml"] = files["alertmanager.yml"].replace(later, earlier)
    write(tmp_path, files)
    command = [tool("amtool", "prometheus-alertmanager"), "check-config", "alertmanager.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def told(folder: Path, template: str, kind: str, *summaries: str, **more: str) -> str:
    """Return the words that people get."""
    write(folder, alertmanager.files(ARGS))
    labels = {
        "alertname": "ContainerDown",
        "severity": "critical",
        "environment": "dev",
        "server": "main",
        "product": "shop",
        **more,
    }
    page = "docs/runbooks/alerts/containers.md#containerdown"
    alerts: list[dict[str, Any]] = [
        {"status": "firing", "labels": labels, "annotations": {"summary": summary, "runbook": page}}
        for summary in summaries
    ]
    data = {"status": "firing", "alerts": alerts, "commonLabels": labels, "groupLabels": labels, "receiver": "x"}
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    command = [
        *(tool("amtool", "prometheus-alertmanager"), "template", "render", "--template.glob=slipway.tmpl"),
        *(f'--template.text={{{{ template "{template}" . }}}}', "--template.data=data.json", f"--template.type={kind}"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_telegram_takes_what_an_alert_says(tmp_path: Path) -> None:
    text = told(tmp_path, "slipway.telegram", "html", "shop/web does not run")
    assert channels.refusal(text) is None
    assert text.startswith("<b>Critical: ContainerDown (dev/main: shop)</b>")
    assert '<a href="https://example.com/docs/runbooks/alerts/containers.md#containerdown">' in text


@pytest.mark.parametrize("summary", ["<b>5 & 6 > 4</i>", "ü" * 5000, "\"'&lt;", "<script>\n" * 900])
def test_telegram_takes_the_worst_that_a_summary_may_hold_a_hundred_times(tmp_path: Path, summary: str) -> None:
    text = told(tmp_path, "slipway.telegram", "html", *([summary] * 100))
    assert channels.refusal(text) is None
    assert "and 90 more" in text


def test_a_message_names_the_stack_whose_product_it_is(tmp_path: Path) -> None:
    titles = [told(tmp_path, "slipway.title", "text", "x", stack=stack).strip() for stack in ("dev", "guest")]
    assert titles == ["Critical: ContainerDown (dev/main: shop)", "Critical: ContainerDown (guest/main: shop)"]


def test_a_mail_has_the_same_words_and_ten_alerts(tmp_path: Path) -> None:
    text = told(tmp_path, "slipway.mail", "html", *(f"<{number}>" for number in range(12)))
    assert text.count("<li>") == 10
    assert "&lt;9&gt;" in text
    assert "and 2 more" in text
    assert told(tmp_path, "slipway.title", "text", "x").strip() == "Critical: ContainerDown (dev/main: shop)"
