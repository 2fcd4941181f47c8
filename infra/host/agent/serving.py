"""Which container serves: a route says it of what the edge leads to, a unit of a job's, a file of any other one."""

import re
from pathlib import Path

from infra.host.agent import places, timer_units

_UPSTREAM = re.compile(r"(?<![\w.-])([\w.-]+):\d+\b")
"""A container with its port, as the edge is told it."""


def upstreams(route: str) -> set[str]:
    """Return the containers that the text of a route leads to."""
    header, _, rules = route.partition("\n")
    first = re.match(r"# container=(\S+)", header)
    return {*_UPSTREAM.findall(rules), *([first[1]] if first else [])}


def routed_by(container: str) -> str | None:
    """Return the route that leads to a container, or nothing."""
    return next((path.stem for path in places.ROUTES.glob("*.yaml") if container in upstreams(_text(path))), None)


def served_by(container: str) -> str | None:
    """Return the route, the service or the job that a container serves, or nothing."""
    files = places.PRODUCTS.glob(f"*/{places.SERVING}/[!.]*")
    named = next((path.name for path in files if container in _text(path).split()), None)
    return routed_by(container) or named or started_by(container)


def started_by(container: str) -> str | None:
    """Return the unit of the job that starts a container, or nothing."""
    line = timer_units.named(container)
    return next((path.stem for path in places.UNITS.glob("*.service") if _first_line(path) == line), None)


def _first_line(path: Path) -> str:
    return _text(path).partition("\n")[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
