"""Tests of `infra.audit`."""
