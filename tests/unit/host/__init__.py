"""Tests of infra/host."""
