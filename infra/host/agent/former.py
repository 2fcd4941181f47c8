"""What was there before a resource took over, kept on the server so that removing the resource puts it back."""

import json
from hashlib import sha256
from pathlib import Path

from infra.host.agent import files, places
from infra.host.agent.kind import Kind


def remember(kind: Kind, value: str | None) -> None:
    """Keep what was there before; what is kept already stays.

    Args:
        kind: the resource that takes over.
        value: what was there, or nothing when there was nothing.
    """
    path = _path(kind)
    if not path.exists():
        files.write(path, json.dumps({"resource": kind.label(), "value": value}).encode(), mode=0o600)


def replace(kind: Kind, value: str) -> None:
    """Keep this in place of what is kept."""
    files.write(_path(kind), json.dumps({"resource": kind.label(), "value": value}).encode(), mode=0o600)


def recall(kind: Kind) -> str | None:
    """Return what was there before, or nothing when there was nothing or it is not known."""
    try:
        kept = json.loads(_path(kind).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return kept["value"] if isinstance(kept["value"], str) else None


def forget(kind: Kind) -> None:
    """Forget it, because it has been put back."""
    _path(kind).unlink(missing_ok=True)


def _path(kind: Kind) -> Path:
    name = type(kind).__name__.lower()
    return places.FORMER / f"{name}-{sha256(kind.identity().encode()).hexdigest()[:16]}.json"
