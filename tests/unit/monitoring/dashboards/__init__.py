"""Dashboards: what they ask for, and what they say of it."""
