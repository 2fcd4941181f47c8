"""Standard compose files, read by Docker Compose itself, as a typed `Project`."""
