"""What a panel shows, in which unit, and what it means to who looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["graph", "figure", "table"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A panel of a dashboard."""

    title: str
    description: str
    """What it tells, and when to worry."""
    unit: str
    """As Grafana names it: `bytes`, `s`, `percentunit`, `reqps`, `short`."""
    queries: Mapping[str, str]
    """Legend → expression; `{{label}}` in a legend, `$stack`, `$product` and `$__rate_interval` in an expression."""
    kind: Kind = "graph"
    width: int = 12
    """Of 24."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dashboard:
    """A dashboard: rows of panels."""

    name: str
    """Of its file, and in its address."""
    title: str
    description: str
    rows: Mapping[str, tuple[Panel, ...]]
    """Title → panels from left to right."""
