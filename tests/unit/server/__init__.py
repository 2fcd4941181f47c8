"""Tests of infra/server."""
