"""What is backed up of a product, how, and where to: a file on the server that only root reads."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.backups.program import places
from infra.backups.program.trouble import TroubleError

PLAN = "plan.json"
OPENER = "passphrase"
"""File that holds the passphrase of the repositories."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A database, or files."""

    kind: str
    """`postgres`, `redis`, `files` or `state`."""
    name: str
    """Service of a database, volume or folder of files; no two items of a product have the same. It names files, too:
    no slash is in it."""
    container: str = ""
    """Container of the database."""
    place: str = ""
    """Where the files are: a volume as Docker names it, or a folder of the server by its absolute path."""
    stillness: str = "hot"
    """`hot`; or `pause`, `stop`: what happens to the containers that use the files meanwhile."""
    sqlite: tuple[str, ...] = ()
    """Databases in files, from the root of the place."""
    client: str = ""
    """Program that speaks to a Redis server."""
    checks: tuple[tuple[str, str], ...] = ()
    """Database, empty where there is one only, and SQL that answers `t` when the data are whole."""
    paths: tuple[str, ...] = ()
    """Paths of the server, for `state`."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place that keeps backups."""

    name: str
    repository: str
    """As restic writes it; holds no secret."""
    options: tuple[str, ...] = ()
    """Further options of restic."""
    environment: dict[str, str] = field(default_factory=dict)
    """What is not secret of the environment of restic; the rest is in the file of credentials."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All there is to know for the backups of a product."""

    product: str
    """`<stack>-<product>`."""
    items: tuple[Item, ...]
    targets: tuple[Target, ...]
    retention: dict[str, int]
    """`hourly`, `daily`, `weekly`, `monthly` → how many are kept."""
    stale_after: int
    """Seconds after which the newest backup is too old."""
    recipients: tuple[str, ...] = ()
    """Whom the passphrase is escrowed to."""

    @property
    def folder(self) -> Path:
        """Where the plan and its secrets are."""
        return places.PLANS / self.product

    def target(self, name: str | None) -> Target:
        """Return a target by its name, or the first one.

        Raises:
            TroubleError: there is none of that name.
        """
        found = next((target for target in self.targets if name in (None, target.name)), None)
        if found is None:
            text = f"there is no target {name}; there is {', '.join(target.name for target in self.targets)}"
            raise TroubleError(text)
        return found

    def chosen(self, service: str | None) -> tuple[Item, ...]:
        """Return what can be restored, or the one that is named.

        Raises:
            TroubleError: nothing of that name is backed up.
        """
        whole = tuple(item for item in self.items if item.kind != "state")
        found = tuple(item for item in whole if service in (None, item.name))
        if not found:
            text = f"{service} is not backed up; what is: {', '.join(item.name for item in whole) or 'nothing'}"
            raise TroubleError(text)
        return found


def read(product: str) -> Plan:
    """Return the plan of a product.

    Raises:
        TroubleError: there is none.
    """
    path = places.PLANS / product / PLAN
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        text = f"{product} has no plan for backups on this server"
        raise TroubleError(text) from None
    return parse(data)


def parse(data: dict[str, Any]) -> Plan:
    """Return a plan by the data of its file."""
    return Plan(
        product=data["product"],
        items=tuple(Item(**_tuples(_of_today(item))) for item in data["items"]),
        targets=tuple(Target(**_tuples(target)) for target in data["targets"]),
        retention=data["retention"],
        stale_after=data["stale_after"],
        recipients=tuple(data["recipients"]),
    )


def products() -> list[str]:
    """Return the products of this server that have a plan."""
    return sorted(path.parent.name for path in places.PLANS.glob(f"*/{PLAN}"))


def _of_today(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item of a plan from before folders were backed up as one of today."""
    return {("place" if key == "volume" else key): value for key, value in item.items()}


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
