"""Tests that start processes: agents, stand-ins of programs, Docker Compose, the whole command; they mirror infra/."""
