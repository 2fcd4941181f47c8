"""What the unit tests have."""

from tests.unit.conftest import event_loop

__all__ = ["event_loop"]
