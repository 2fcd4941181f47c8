"""The settings of Prometheus and of blackbox exporter, as pure functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.edge.document import to_yaml
from infra.host.agent import places
from infra.monitoring import catalogue
from infra.monitoring.containers import ALERTMANAGER_PATH, MEASURED
from infra.monitoring.targets import Database, Site, WatchedProduct

EDGE_ALIAS: Final = "edge"
"""Name by which the edge answers on the network of what watches."""
_SECONDS: Final = 10
_JUDGED: Final = 5
"""Seconds between two judgements; a fault is a critical alert within 30 s of its beginning."""
_PATIENCE: Final = 8
_OFTEN: Final = {"scrape_interval": "5s", "scrape_timeout": "4s"}
"""Of what critical alerts need two values of, or whose age they judge: by the others' time they would come too late."""
_PORTS: Final = {
    "alertmanager": 9093,
    "blackbox": 9115,
    "node": 9100,
    "postgres": 9187,
    "prometheus": 9090,
    "redis": 9121,
}
_ALIVE: Final = [*range(200, 209), 301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 429]
"""Answers of a service that is there, be it to somebody who has to sign in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrometheusArgs:
    """What Prometheus has to know."""

    prefix: str
    """What the names of all containers begin with, `<stack>-monitoring`."""
    labels: Mapping[str, str]
    """What every alert carries: `environment`, `server` and the stack's own."""
    products: Sequence[WatchedProduct]
    databases: Sequence[Database]
    sites: Sequence[Site]
    edge: bool
    """Whether the server has an edge."""
    rules: Mapping[str, str]
    """Alerts of these products: name → text."""


def files(args: PrometheusArgs) -> dict[str, str]:
    """Return the files below `/etc/prometheus` by name."""
    own = {f"alerts-slipway-{name}": text for name, text in catalogue.texts().items()}
    products = {f"alerts-product-{name}": text for name, text in args.rules.items()}
    return {"prometheus.yml": to_yaml(settings(args)), **own, **products}


def settings(args: PrometheusArgs) -> dict[str, Any]:
    """Return `prometheus.yml`."""
    manager = _address(args, "alertmanager")
    return {
        "global": {
            "scrape_interval": f"{_SECONDS}s",
            "scrape_timeout": f"{_PATIENCE}s",
            "evaluation_interval": f"{_JUDGED}s",
            "external_labels": dict(args.labels),
        },
        "rule_files": ["alerts-*.yaml"],
        "alerting": {
            # Of what is a guest's the server tells whose it is; all else is this stack's, and has to be like its own.
            "alert_relabel_configs": [
                {"source_labels": ["stack", "environment"], "regex": ";(.+)", "target_label": "stack"}
            ],
            "alertmanagers": [{"path_prefix": ALERTMANAGER_PATH, "static_configs": [{"targets": [manager]}]}],
        },
        "scrape_configs": list(_jobs(args)),
    }


def blackbox() -> str:
    """Return the settings of blackbox exporter: how a site is asked, by the edge and for its host."""
    # Whether a certificate is right is told by its end, and by browsers: one of a staging authority is no fault.
    http = {
        "valid_status_codes": _ALIVE,
        "follow_redirects": False,
        "preferred_ip_protocol": "ip4",
        "tls_config": {"insecure_skip_verify": True},
    }
    return to_yaml({"modules": {"site": {"prober": "http", "timeout": f"{_PATIENCE - 1}s", "http": http}}})


def _jobs(args: PrometheusArgs) -> list[dict[str, Any]]:
    jobs = [
        _job("prometheus", [_target(_address(args, "prometheus"))]),
        _job("alertmanager", [_target(_address(args, "alertmanager"))], metrics_path=f"{ALERTMANAGER_PATH}/metrics"),
        _job("blackbox", [_target(_address(args, "blackbox"))]),
        # What the server tells of a product bears the product's name, and the rest that of the server.
        _job(
            "node",
            [_target(_address(args, "node"), product="server")],
            honor_labels=True,
            **_OFTEN,
            metric_relabel_configs=[_replaced("mountpoint", MEASURED, "/")],
        ),
    ]
    for kind in ("postgres", "redis"):
        found = [
            _target(f"{args.prefix}-{each.exporter}:{_PORTS[kind]}", product=each.product, service=each.service)
            for each in args.databases
            if each.kind == kind
        ]
        if found:
            jobs.append(_job(kind, found))
    if args.edge:
        jobs.append(_edge(args))
    if args.sites:
        jobs.append(_sites(args))
    return jobs


def _edge(args: PrometheusArgs) -> dict[str, Any]:
    """Return the job of Traefik's metrics, in which each route bears the names of product and service."""
    relabelling: list[dict[str, Any]] = [{"source_labels": ["service"], "target_label": "route"}]
    for product in args.products:
        for service in product.project.services:
            named = re.escape(f"{product.prefix}-{service}")
            matching = {"source_labels": ["route"], "regex": rf"{named}-(public-)?\d+@file"}
            relabelling.extend(
                {**matching, "target_label": label, "replacement": value}
                for label, value in (("product", product.name), ("service", service))
            )
    address = f"{places.EDGE_METRICS_HOST}:{places.EDGE_CONFIRM_PORT}"
    return _job("edge", [_target(address, product="edge")], metric_relabel_configs=relabelling, **_OFTEN)


def _sites(args: PrometheusArgs) -> dict[str, Any]:
    """Return the job that asks each site by the edge, whatever the server's own names say."""
    targets = [_target(site.url, product=site.product, host=site.host, path=site.path) for site in args.sites]
    return _job(
        "sites",
        targets,
        metrics_path="/probe",
        params={"module": ["site"]},
        relabel_configs=[
            {"source_labels": ["__address__"], "target_label": "instance"},
            {"source_labels": ["host"], "target_label": "__param_hostname"},
            {"source_labels": ["path"], "target_label": "__param_target", "replacement": f"https://{EDGE_ALIAS}$1"},
            {"target_label": "__address__", "replacement": _address(args, "blackbox")},
            {"regex": "path", "action": "labeldrop"},
        ],
    )


def _replaced(label: str, value: str, other: str) -> dict[str, str | list[str]]:
    return {"source_labels": [label], "regex": value, "target_label": label, "replacement": other}


def _job(name: str, targets: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    return {"job_name": name, "static_configs": list(targets), **more}


def _target(address: str, **labels: str) -> dict[str, Any]:
    return {"targets": [address], **({"labels": labels} if labels else {})}


def _address(args: PrometheusArgs, kind: str) -> str:
    container = kind if kind in {"prometheus", "alertmanager"} else f"{kind}-exporter"
    return f"{args.prefix}-{container}:{_PORTS[kind]}"
