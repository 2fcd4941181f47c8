"""What became of backups, drills and restores, a line of JSON each."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.backups.program import places

KEPT = 5000
"""Lines that are kept, the newest ones."""


def note(product: str, line: Mapping[str, Any]) -> None:
    """Add a line to the record of a product."""
    places.RECORDS.mkdir(parents=True, exist_ok=True)
    path = places.RECORDS / f"{product}.jsonl"
    lines = [*(path.read_text(encoding="utf-8").splitlines() if path.exists() else []), json.dumps(line)][-KEPT:]
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    temporary.replace(path)


def noted(product: str, kind: str) -> list[dict[str, Any]]:
    """Return the lines of one kind, the oldest first."""
    path = places.RECORDS / f"{product}.jsonl"
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
    return [line for line in lines if line["kind"] == kind]


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def shown(moment: datetime) -> str:
    """Return a moment to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
