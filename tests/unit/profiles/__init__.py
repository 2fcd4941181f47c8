"""Tests of infra/profiles."""
