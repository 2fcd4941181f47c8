"""Which metrics an expression of Prometheus asks for."""

import re
from collections.abc import Iterator
from typing import Final

from infra.monitoring.observer.metrics import FAMILIES

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_COMMENT = re.compile(r"#[^\n]*")
_BRACES = re.compile(r"\{[^}]*\}")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w.:])[A-Za-z_:][A-Za-z0-9_:]*(?!\s*\(|\w)")
_WORDS: Final = frozenset(
    {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}
    | {"inf", "nan", "atan2", "sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "stddev", "stdvar"}
    | {"group", "count_values"}
)
EXPORTED: Final = (
    *("node_", "pg_", "redis_", "probe_", "traefik_", "prometheus_", "alertmanager_", "scrape_"),
    *("go_", "process_", "net_conntrack_", "promhttp_", "blackbox_"),
)
"""Beginnings of the metrics that the exporters have."""
_ALWAYS: Final = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})


def metrics(expression: str) -> Iterator[str]:
    """Yield the names of the metrics that an expression asks for."""
    text = _COMMENT.sub(" ", _STRING.sub('""', expression))
    text = _BRACKETS.sub(" ", _BRACES.sub(" ", text))
    for match in _NAME.finditer(_GROUPING.sub(" ", text)):
        if match[0].lower() not in _WORDS:
            yield match[0]


def is_exported(metric: str) -> bool:
    """Tell whether anything that is watched has a metric."""
    return metric in FAMILIES or metric in _ALWAYS or metric.startswith(EXPORTED)
