"""Releases of services, as the servers have written them down, and those that are under way."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.monitoring.observer import places, records
from infra.monitoring.observer.declared import Product, Service

RESULTS = ("good", "failed")
_COUNTS = "observer.json"
_LOCK_FIELDS = 8


def path_of(service: Service) -> Path:
    """Return where the releases of a service are written down."""
    return places.HISTORY / f"{service.stack}-{service.product}" / f"{service.name}.jsonl"


def read(path: Path) -> list[records.Line]:
    """Return the releases of a service, the oldest first."""
    return [
        line
        for line in records.lines(path)
        if line.get("result") in RESULTS and records.seconds(line.get("end")) is not None
    ]


class Counts:
    """How many releases there ever were: records are bounded, and a count that falls looks like many new ones."""

    def __init__(self) -> None:
        self._path = places.METRICS / _COUNTS
        self._known: dict[str, dict[str, Any]] = _read_counts(self._path)

    def of(self, service: Service, releases: list[records.Line]) -> Mapping[str, int]:
        """Return how many releases a service had, by their result."""
        name = f"{service.stack}-{service.product}/{service.name}"
        known = self._known.get(name) or {"last": "", **dict.fromkeys(RESULTS, 0)}
        new = [release for release in releases if release["end"] > known["last"]]
        if new or name not in self._known:
            counts = {result: known[result] + sum(each["result"] == result for each in new) for result in RESULTS}
            known = {"last": max((each["end"] for each in new), default=known["last"]), **counts}
            self._known[name] = known
            self._keep()
        return {result: known[result] for result in RESULTS}

    def _keep(self) -> None:
        temporary = self._path.with_name(f".{self._path.name}.new")
        temporary.write_text(json.dumps(self._known), encoding="utf-8")
        temporary.replace(self._path)


def _read_counts(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        wanted = {"last": str, **dict.fromkeys(RESULTS, int)}
        return {name: {key: kind(each[key]) for key, kind in wanted.items()} for name, each in data.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def under_way(product: Product) -> bool:
    """Tell whether a run of Pulumi is changing what serves a product.

    The lock is looked at, and not tried: whoever tries it could be the one who makes a run wait.
    """
    try:
        status = (places.LOCKS / f"{product.prefix}.lock").stat()
        held = (places.PROC / "locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return any(file in line.split() for line in held if "->" not in line and len(line.split()) >= _LOCK_FIELDS)
