"""What the SDK tells the engine while the program runs."""

import os

import pulumi

SHOW = "SLIPWAY_DEBUG"
"""Set this to see the SDK's debug messages with `pulumi --debug`."""


def leave_out_debugging() -> None:
    """Keep the SDK's debug messages from the engine, which drops them unless asked.

    The program waits for the engine's answer to each, four a resource: measured, a fifth of a preview of 160 resources.
    """
    if SHOW not in os.environ:
        pulumi.log.debug = _nothing


def _nothing(*_: object, **__: object) -> None:
    """Take the place of a message that nobody reads."""
