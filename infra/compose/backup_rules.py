"""Rules on what compose files say of backups."""

from collections.abc import Iterator

from infra.compose import postgres, redis
from infra.compose.backup import folders, is_inside, keeps, mount_of
from infra.compose.project import Project, Service
from infra.config.mistakes import Finding, Step


def broken_backup_rules(project: Project) -> Iterator[Finding]:
    """Yield every broken rule on backups."""
    spoken: dict[str, str] = {}
    for service in project.services.values():
        yield from _database_apart(project, service)
        if service.backup is None:
            continue
        at = ("services", service.name, "x-slipway", "backup")
        places = {mount.place: mount.kind for mount in service.mounts if mount.keeps_data}
        if not places:
            yield Finding(at, "has no effect: the service keeps nothing in a volume or folder")
        for place, kind in sorted(places.items()):
            if place in spoken:
                what = "volume" if kind == "volume" else "folder"
                yield Finding(at, f"service {spoken[place]} says it of {what} {place} already: keep one of them")
            spoken.setdefault(place, service.name)
        yield from _inside_of_another(at, project, service)
        for key, sentence in _of_kind(service):
            yield Finding((*at, key), sentence)


def _inside_of_another(at: tuple[Step, ...], project: Project, service: Service) -> Iterator[Finding]:
    """Yield the folders that are backed up as a part of one that the service itself has not."""
    for outer in folders(project):
        inner = sorted(mount.place for mount in service.mounts if mount.keeps_data and is_inside(mount.place, outer))
        if inner and not keeps(service, outer):
            text = f"has no effect on {inner[0]}: it lies in {outer} of another service, so say it there"
            yield Finding(at, text)


def _database_apart(project: Project, service: Service) -> Iterator[Finding]:
    """Refuse a database whose files would be read or replaced as a part of a folder, beside the server's back."""
    data = postgres.data(service) or redis.data(service)
    if data is None or data.kind == "volume":
        return
    for other in project.services.values():
        for place in sorted(mount.place for mount in other.mounts if mount.keeps_data):
            if is_inside(place, data.place) or is_inside(data.place, place):
                text = f"{data.place} is a database's, and service {other.name} writes to {place}: keep them apart"
                yield Finding(("services", service.name, "volumes"), text)


def _of_kind(service: Service) -> Iterator[tuple[str, str]]:
    said = service.backup
    if said is None:
        return
    is_database = postgres.data(service) is not None
    if is_database and said.files != "hot":
        yield "files", "has no effect: PostgreSQL is dumped while it runs"
    if is_database and said.sqlite:
        yield "sqlite", "has no effect: PostgreSQL is dumped while it runs"
    for key in ("checks", "database"):
        if getattr(said, key) and not is_database:
            yield key, "is for a PostgreSQL service with its data in a volume or folder"
    if said.database and not said.checks:
        yield "database", "has no effect without `checks`"
    for path in said.sqlite:
        if not is_database and mount_of(service, path) is None:
            yield "sqlite", f"{path} is in no volume or folder that the service writes to"
