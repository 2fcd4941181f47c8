"""Backups of products, and their way back."""

from infra.backups.backups import Backups, BackupsArgs
from infra.backups.items import Contents, contents
from infra.backups.server import BackupServer, BackupServerArgs

__all__ = ["BackupServer", "BackupServerArgs", "Backups", "BackupsArgs", "Contents", "contents"]
