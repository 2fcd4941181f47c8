"""Which container serves: a route says it of what the edge leads to, a file of the product of anything else."""

from pathlib import Path

from infra.host.agent import places


def routed_by(container: str) -> str | None:
    """Return the route that leads to a container, or nothing."""
    routes = places.ROUTES.glob("*.yaml")
    return next((path.stem for path in routes if _first_line(path).startswith(f"# container={container} ")), None)


def served_by(container: str) -> str | None:
    """Return the route or the service that a container serves, or nothing."""
    files = places.PRODUCTS.glob(f"*/{places.SERVING}/[!.]*")
    return routed_by(container) or next((path.name for path in files if _first_line(path) == container), None)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except FileNotFoundError:
        return ""
