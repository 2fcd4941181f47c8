"""Tests of infra/edge."""
