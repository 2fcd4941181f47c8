"""Which container serves: a route says it of what the edge leads to, a unit of a job's, a file of any other one."""

from pathlib import Path

from infra.host.agent import places, timer_units


def routed_by(container: str) -> str | None:
    """Return the route that leads to a container, or nothing."""
    routes = places.ROUTES.glob("*.yaml")
    return next((path.stem for path in routes if _first_line(path).startswith(f"# container={container} ")), None)


def served_by(container: str) -> str | None:
    """Return the route, the service or the job that a container serves, or nothing."""
    files = places.PRODUCTS.glob(f"*/{places.SERVING}/[!.]*")
    named = next((path.name for path in files if _first_line(path) == container), None)
    return routed_by(container) or named or started_by(container)


def started_by(container: str) -> str | None:
    """Return the unit of the job that starts a container, or nothing."""
    line = timer_units.named(container)
    return next((path.stem for path in places.UNITS.glob("*.service") if _first_line(path) == line), None)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except FileNotFoundError:
        return ""
