"""A program of many containers."""
