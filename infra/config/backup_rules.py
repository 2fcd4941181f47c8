"""Rules on backups that need more than their own section, and what the components get of it."""

from collections.abc import Iterator

from infra.compose.calendar import longest_wait
from infra.compose.quantities import Duration
from infra.config.backup_settings import (
    BackupSettings,
    PathSettings,
    RcloneSettings,
    RetentionSettings,
    S3Settings,
    SftpSettings,
    TargetSettings,
)
from infra.config.backups import Backups, Target
from infra.config.files import NamedFiles
from infra.config.mistakes import Finding, Step
from infra.config.sealed import is_loopback
from infra.config.sections import Sections

_PRODUCTION = ("prod", "production", "live")
_RARE = ("daily", "weekly", "monthly")
_LATE = 3600
"""Seconds that a run may come later and take longer than the one before."""
_SMALL = 60
"""Seconds below which an age is surely a mistake."""


def broken_backup_rules(stack: str, sections: Sections) -> Iterator[Finding]:
    """Yield every broken rule on the backups of a stack."""
    section = sections.backups
    if section is None:
        return
    if not section.escrow and _is_for_everybody(stack, sections):
        text = (
            "is missing: this stack is for everybody, and without the state nobody could read its backups; "
            "`age-keygen` makes a key that is kept elsewhere"
        )
        yield Finding(("backups", "escrow"), text)
    wait = longest_wait(section.schedule)
    if section.stale_after is not None and section.stale_after.seconds <= 2 * wait:
        text = (
            f"must be more than twice the time between two backups, which is up to {Duration(wait * 1000)}: one late "
            f"run would be an alarm; leave it out for {Duration(_enough(section.schedule) * 1000)}"
        )
        yield Finding(("backups", "stale_after"), text)
    elif section.stale_after is not None and section.stale_after.seconds < _SMALL:
        yield Finding(("backups", "stale_after"), "must be at least a minute")
    if section.schedule in _RARE and "hourly" in section.retention.model_fields_set and section.retention.hourly > 1:
        text = f"keeps one of each hour, and a backup is made {section.schedule}: leave it out"
        yield Finding(("backups", "retention", "hourly"), text)
    for name, server in sections.owners.items():
        used = any(product.server == name for product in sections.products.values())
        if used and "backups" not in server.sections.written:
            text = f"need restic on server {name} of stack {server.stack}, whose file has no `backups` of its own"
            yield Finding(("backups",), text)


def secrets_in(section: Backups) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the secrets that the targets name, each with its place."""
    for name, target in section.targets.items():
        at = ("backups", "targets", name)
        if target.s3:
            yield (*at, "s3", "access_key", "config"), target.s3.access_key.config
            yield (*at, "s3", "secret_key", "config"), target.s3.secret_key.config
        if target.sftp:
            yield (*at, "sftp", "key", "config"), target.sftp.key.config
        if target.rclone:
            yield (*at, "rclone", "config"), target.rclone.config


def secret_names(settings: BackupSettings) -> set[str]:
    """Return the secrets of the stack that the targets name."""
    names: set[str] = set()
    for target in settings.targets.values():
        if isinstance(target, S3Settings):
            names |= {target.access_key, target.secret_key}
        elif isinstance(target, SftpSettings):
            names.add(target.key)
        elif isinstance(target, RcloneSettings):
            names.add(target.config)
    return names


def resolve_backups(section: Backups, files: NamedFiles) -> BackupSettings:
    """Return the section with the files that it names."""
    retention = section.retention
    return BackupSettings(
        targets={name: _target(name, target, files) for name, target in sorted(section.targets.items())},
        schedule=section.schedule,
        drill=section.drill,
        drill_wait=longest_wait(section.drill),
        stale_after=_stale_after(section),
        retention=RetentionSettings(
            hourly=retention.hourly, daily=retention.daily, weekly=retention.weekly, monthly=retention.monthly
        ),
        escrow=tuple(sorted(section.escrow)),
    )


def _stale_after(section: Backups) -> int:
    """Return the seconds that the newest backup may be old: what is not said follows from the schedule."""
    return section.stale_after.seconds if section.stale_after is not None else _enough(section.schedule)


def _enough(schedule: str) -> int:
    """Return the seconds after which a backup by this schedule is too old, rather than late."""
    return 2 * longest_wait(schedule) + _LATE


def _target(name: str, target: Target, files: NamedFiles) -> TargetSettings:
    if target.s3:
        at = ("backups", "targets", name, "s3", "ca_file")
        ca = files.text(at, target.s3.ca_file) if target.s3.ca_file else None
        return S3Settings(
            endpoint=target.s3.endpoint,
            bucket=target.s3.bucket,
            prefix=target.s3.prefix,
            region=target.s3.region,
            access_key=target.s3.access_key.config,
            secret_key=target.s3.secret_key.config,
            ca=ca.content if ca else None,
        )
    if target.sftp:
        sftp = target.sftp
        return SftpSettings(
            host=sftp.host,
            port=sftp.port,
            user=sftp.user,
            path=sftp.path,
            key=sftp.key.config,
            host_key=sftp.host_key,
        )
    if target.rclone:
        return RcloneSettings(remote=target.rclone.remote, config=target.rclone.config)
    return PathSettings(path=target.path or "")


def _is_for_everybody(stack: str, sections: Sections) -> bool:
    """Tell whether a stack's data matter to more than those who try it out: a lab is on loopback."""
    if all(is_loopback(server.host) for server in sections.servers.values()):
        return False
    public = any(edge.public for name in sections.servers if (edge := sections.edge_of(name)))
    return public or any(stack == word or stack.startswith(f"{word}-") for word in _PRODUCTION)
