"""What is backed up of a product: every PostgreSQL service, and every other volume or folder that it writes to."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from infra.compose import postgres, redis
from infra.compose.backup import folders, in_place, is_inside, keeps, mount_of
from infra.compose.keeping import Keeping
from infra.compose.mount import on_server, own_folder
from infra.compose.project import Project, Service
from infra.host.agent import places

_CLIENTS = {"redis-server": "redis-cli", "valkey-server": "valkey-cli"}
_EDGE_ACME = str(places.PRODUCTS / "edge" / "acme")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What there is of a product to back up."""

    items: tuple[Mapping[str, Any], ...]
    """As the plan on the server has them."""
    kept: tuple[str, ...]
    """Volumes and folders that are backed up, as Docker names them."""
    spared: Mapping[str, str]
    """Volume or folder that is not → why."""


def contents(project: Project, prefix: str) -> Contents:
    """Return what there is of a product to back up.

    Args:
        project: its compose files.
        prefix: `<stack>-<product>`.
    """
    items: list[Mapping[str, Any]] = []
    kept: list[str] = []
    spared: dict[str, str] = {}
    for place in (*project.volumes, *folders(project)):
        users = [each for each in project.services.values() if keeps(each, place)]
        said = next((each.backup for each in users if each.backup), Keeping())
        if said.none is not None:
            spared[on_server(place, prefix)] = said.none
            continue
        kept.append(on_server(place, prefix))
        items.append(_item(place, users, said, prefix))
    return Contents(items=(*items, _state(prefix)), kept=tuple(kept), spared=spared)


def _item(place: str, users: list[Service], said: Keeping, prefix: str) -> Mapping[str, Any]:
    for service in users:
        data = postgres.data(service)
        if data is not None and data.place == place:
            checks = [[said.database or "", check] for check in said.checks]
            return {"kind": "postgres", "name": service.name, "container": f"{prefix}-{service.name}", "checks": checks}
        kept, program = redis.data(service), redis.program(service.image)
        if kept is not None and kept.place == place and program and said == Keeping():
            container = {"container": f"{prefix}-{service.name}", "client": _CLIENTS[program]}
            return {"kind": "redis", "name": service.name, "place": on_server(place, prefix), **container}
    sqlite = sorted(path for service in users for path in _sqlite(service, place))
    return {
        "kind": "files",
        "name": _name(place, prefix),
        "place": on_server(place, prefix),
        "stillness": said.files,
        "sqlite": sqlite,
    }


def _name(place: str, prefix: str) -> str:
    """Return what files are called: no volume or service has a colon in its name, and no file a slash."""
    if not place.startswith("/"):
        return place
    below = posixpath.relpath(place, own_folder(prefix))
    return f"folder:{quote(below, safe='').replace('%2F', ':')}"


def _sqlite(service: Service, place: str) -> Iterator[str]:
    for path in service.backup.sqlite if service.backup else ():
        mount = mount_of(service, path)
        if mount is not None and is_inside(in_place(path, mount), place):
            yield posixpath.relpath(in_place(path, mount), place)


def _state(prefix: str) -> Mapping[str, Any]:
    """Return what Slipway itself has written down of a product, and the certificates; secrets come by an `up`."""
    records = (places.RELEASES, places.HISTORY, places.MIGRATIONS)
    edge = (_EDGE_ACME, str(places.EDGE_SETTINGS), str(places.ROUTES))
    return {"kind": "state", "name": "slipway", "paths": [*(str(each / prefix) for each in records), *edge]}
