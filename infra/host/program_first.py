"""Whether the program runs before anything is read, so that what it says holds, and what it puts right is right."""

import os

VARIABLE = "PULUMI_RUN_PROGRAM"
"""Makes the engine read each resource in its turn, by what the program says, not all of them first, by the state."""


def is_asked_for() -> bool:
    """Tell whether this run is such a one."""
    return os.environ.get(VARIABLE) == "true"
