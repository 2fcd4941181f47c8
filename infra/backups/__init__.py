"""Backups of products, and their way back."""
