"""Tests, from tables of values to real servers."""
