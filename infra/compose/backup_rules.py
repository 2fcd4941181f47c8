"""Rules on what compose files say of backups."""

from collections.abc import Iterator

from infra.compose import postgres
from infra.compose.backup import volume_of
from infra.compose.project import Project, Service
from infra.config.mistakes import Finding


def broken_backup_rules(project: Project) -> Iterator[Finding]:
    """Yield every broken rule on backups."""
    spoken: dict[str, str] = {}
    for service in project.services.values():
        if service.backup is None:
            continue
        at = ("services", service.name, "x-slipway", "backup")
        volumes = sorted({mount.source for mount in service.mounts if mount.kind == "volume"})
        if not volumes:
            yield Finding(at, "has no effect: the service keeps nothing in a named volume")
        for volume in volumes:
            if volume in spoken:
                yield Finding(at, f"service {spoken[volume]} says it of volume {volume} already: keep one of them")
            spoken.setdefault(volume, service.name)
        for key, sentence in _of_kind(service):
            yield Finding((*at, key), sentence)


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
            yield key, "is for a PostgreSQL service with its data in a volume"
    if said.database and not said.checks:
        yield "database", "has no effect without `checks`"
    for path in said.sqlite:
        if not is_database and volume_of(service, path) is None:
            yield "sqlite", f"{path} is in no named volume of the service"
