"""Backups by restic and PostgreSQL themselves."""
