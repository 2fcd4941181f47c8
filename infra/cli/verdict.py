"""How the commands that compare a server with its stack file end."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from infra.cli.refusal import RefusalError


class Verdict(IntEnum):
    """What the exit code of such a command means."""

    SAME = 0
    """Everything was looked at and is as it should be."""
    UNKNOWN = 1
    """Something could not be looked at, and nothing that was is wrong."""
    DIFFERENT = 2
    """Something is not as it should be, whatever could not be looked at besides."""


@contextmanager
def refusing_as_unknown() -> Iterator[None]:
    """End a refusal in the block as unknown: a mistyped stack must not look like a difference, which is 2 as well."""
    try:
        yield
    except RefusalError as refusal:
        raise RefusalError(str(refusal)) from None
