"""Backups by restic and PostgreSQL themselves; only that keys of new repositories are rewritten, by `cheap_key`."""
