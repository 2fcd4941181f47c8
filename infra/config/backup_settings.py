"""What the components get of the section `slipway:backups`."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Settings:
    """A bucket."""

    endpoint: str
    bucket: str
    prefix: str | None
    region: str | None
    access_key: str
    """Name of the stack's secret that is the key's name."""
    secret_key: str
    """Name of the stack's secret that is the key."""
    ca: str | None
    """Certificate authority of a private provider, PEM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SftpSettings:
    """A folder of another server."""

    host: str
    port: int
    user: str
    path: str
    key: str
    """Name of the stack's secret that is the private key."""
    host_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RcloneSettings:
    """A remote of rclone's."""

    remote: str
    config: str
    """Name of the stack's secret that is rclone's configuration."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PathSettings:
    """A folder of the server itself."""

    path: str


TargetSettings = S3Settings | SftpSettings | RcloneSettings | PathSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionSettings:
    """How many backups are kept."""

    hourly: int
    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupSettings:
    """Backups of everything that products of a stack keep."""

    targets: dict[str, TargetSettings]
    schedule: str
    drill: str
    drill_wait: int
    """Seconds that may pass between two drills."""
    stale_after: int
    """Seconds."""
    retention: RetentionSettings
    escrow: tuple[str, ...]
    """Recipients of age."""
