"""What the unit tests of compose files have."""

from tests.unit.compose.conftest import mistakes, parse, read

__all__ = ["mistakes", "parse", "read"]
