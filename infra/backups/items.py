"""What is backed up of a product: every PostgreSQL service, and every other named volume."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.compose import postgres, redis
from infra.compose.backup import inside, volume_of
from infra.compose.keeping import Keeping
from infra.compose.project import Project, Service
from infra.host.agent import places

_CLIENTS = {"redis-server": "redis-cli", "valkey-server": "valkey-cli"}
_EDGE_ACME = str(places.PRODUCTS / "edge" / "acme")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What there is of a product to back up."""

    items: tuple[Mapping[str, Any], ...]
    """As the plan on the server has them."""
    volumes: tuple[str, ...]
    """Volumes that are backed up, as Docker names them."""
    spared: Mapping[str, str]
    """Volume that is not → why."""


def contents(project: Project, prefix: str) -> Contents:
    """Return what there is of a product to back up.

    Args:
        project: its compose files.
        prefix: `<stack>-<product>`.
    """
    items: list[Mapping[str, Any]] = []
    volumes: list[str] = []
    spared: dict[str, str] = {}
    for name in project.volumes:
        users = [each for each in project.services.values() if _has(each, name)]
        said = next((each.backup for each in users if each.backup), Keeping())
        if said.none is not None:
            spared[f"{prefix}-{name}"] = said.none
            continue
        volumes.append(f"{prefix}-{name}")
        items.append(_item(name, users, said, prefix))
    return Contents(items=(*items, _state(prefix)), volumes=tuple(volumes), spared=spared)


def _has(service: Service, volume: str) -> bool:
    return any(mount.kind == "volume" and mount.source == volume for mount in service.mounts)


def _item(volume: str, users: list[Service], said: Keeping, prefix: str) -> Mapping[str, Any]:
    for service in users:
        data = postgres.data(service)
        if data is not None and data.source == volume:
            checks = [[said.database or "", check] for check in said.checks]
            return {"kind": "postgres", "name": service.name, "container": f"{prefix}-{service.name}", "checks": checks}
        kept, program = redis.data(service), redis.program(service.image)
        if kept is not None and kept.source == volume and program and said == Keeping():
            container = {"container": f"{prefix}-{service.name}", "client": _CLIENTS[program]}
            return {"kind": "redis", "name": service.name, "volume": f"{prefix}-{volume}", **container}
    sqlite = sorted(path for service in users for path in _sqlite(service, volume))
    return {
        "kind": "files",
        "name": volume,
        "volume": f"{prefix}-{volume}",
        "stillness": said.files,
        "sqlite": sqlite,
    }


def _sqlite(service: Service, volume: str) -> Iterator[str]:
    for path in service.backup.sqlite if service.backup else ():
        mount = volume_of(service, path)
        if mount is not None and mount.source == volume:
            yield inside(path, mount)


def _state(prefix: str) -> Mapping[str, Any]:
    """Return what Slipway itself has written down of a product, and the certificates; secrets come by an `up`."""
    records = (places.RELEASES, places.HISTORY, places.MIGRATIONS)
    edge = (_EDGE_ACME, str(places.EDGE_SETTINGS), str(places.ROUTES))
    return {"kind": "state", "name": "slipway", "paths": [*(str(each / prefix) for each in records), *edge]}
