"""What the last comparison of a stack with this server found, which somebody else has made."""

import json
from pathlib import Path
from typing import NamedTuple

from infra.monitoring.observer import places, records


class Comparison(NamedTuple):
    """A comparison."""

    looked: str
    """When; UTC."""
    resources: int
    """How many were not as declared."""


def path_of(stack: str) -> Path:
    """Return where the last comparison of a stack is written down."""
    return places.DRIFT / f"{stack}.json"


def read(path: Path) -> Comparison | None:
    """Return a comparison, or nothing when nobody has compared."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = Comparison(str(data["looked"]), int(data["resources"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if records.seconds(found.looked) is not None else None
