"""What is let through to containers, one file a rule, and the table that is made from all of them."""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

from infra.host.agent import edge_table, files, places
from infra.host.agent.edge_table import TABLE, Admission
from infra.host.agent.kind import AgentError
from infra.host.agent.rescue import Rescue
from infra.host.agent.traffic import Traffic

changing = RLock()
"""Held while the files or the table change: the table is made from all files."""


def read(about: Traffic) -> str | None:
    """Return the comment of what is let through, or nothing when it is not."""
    return next((each.comment for each in admissions() if each.traffic == about), None)


def write(admission: Admission) -> None:
    """Let traffic through, at once where the container firewall is in place."""
    content = json.dumps(vars(admission.traffic) | {"comment": admission.comment}, indent=2, sort_keys=True) + "\n"
    file = path(admission.traffic)
    with changing:
        former = file.read_bytes() if file.exists() else None
        files.write(file, content.encode(), mode=0o644)
        try:
            _reload()
        except AgentError:
            if former is None:
                file.unlink()
            else:
                files.write(file, former, mode=0o644)
            raise


def delete(about: Iterable[Traffic]) -> None:
    """Let traffic through no longer."""
    with changing:
        for each in about:
            path(each).unlink(missing_ok=True)
        _reload()


def admissions() -> list[Admission]:
    """Return everything that is let through, in the order of the files' names; a file that is none is passed over."""
    return list(_admissions(sorted(places.FIREWALL_RULES.glob("*.json"))))


def path(about: Traffic) -> Path:
    """Return the file of some traffic."""
    name = re.sub(r"[^a-z0-9]+", "-", about.label)
    # The name alone may be that of other traffic, too: characters that no file should have are all one in it.
    return places.FIREWALL_RULES / f"{name}-{sha256(about.label.encode()).hexdigest()[:8]}.json"


def is_configured() -> bool:
    """Return whether there is a container firewall."""
    return places.FIREWALL_SETTINGS.exists()


def configure() -> None:
    """Remember that there is a container firewall."""
    files.write(places.FIREWALL_SETTINGS, b"{}\n", mode=0o644)


def table() -> str:
    """Return the table as it should be."""
    return edge_table.render(admissions())


def rescue(*own: Path) -> Rescue:
    """Return the table and what it is made from, and how it is loaded as it was saved."""
    reload: tuple[tuple[str, ...], ...] = (("nft", "-f", str(places.FIREWALL_TABLE)),)
    if not places.FIREWALL_TABLE.exists():
        # There was no table: it is gone again once it was added, which succeeds where it is there already.
        reload = (("nft", "add", "table", *TABLE), ("nft", "delete", "table", *TABLE))
    kept = (places.FIREWALL_TABLE, places.FIREWALL_SETTINGS, places.FIREWALL_RECORDS / "table.json")
    return Rescue(files=tuple(str(each) for each in (*kept, *own)), reload=reload)


def _reload() -> None:
    if is_configured():
        edge_table.load(table())


def _admissions(paths: Iterable[Path]) -> Iterator[Admission]:
    for each in paths:
        try:
            fields: dict[str, Any] = json.loads(each.read_text())
            comment = str(fields.pop("comment"))
            about = Traffic(**fields)
            if not list(about.mistakes()):
                yield Admission(about, comment)
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
