"""This run of Pulumi: never an input of a resource, else the next preview would show a change."""

import getpass
import os
import socket
from collections.abc import Mapping
from functools import cache
from secrets import token_hex

_CONTINUOUS_INTEGRATION = "GITHUB_ACTOR"
"""Who started the run of a workflow: https://docs.github.com/en/actions/reference/workflows-and-actions/variables."""
_ID_BYTES = 4


@cache
def this_run() -> Mapping[str, str]:
    """Return the id of this run, and who runs it."""
    return {"id": token_hex(_ID_BYTES), "actor": actor(os.environ)}


def actor(environment: Mapping[str, str]) -> str:
    """Return who runs this: CI's actor, else user and machine."""
    named = environment.get(_CONTINUOUS_INTEGRATION) or f"{_user()}@{socket.gethostname()}"
    return "".join(letter for letter in named if letter.isprintable())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return str(os.getuid())
