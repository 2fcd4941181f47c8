"""Tests of infra.compose."""
