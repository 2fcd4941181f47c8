"""Whole compose files, read by Docker Compose."""
