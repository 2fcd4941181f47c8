"""Tests that need nothing but Python; they mirror infra/."""
