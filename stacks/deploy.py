"""What every stack consists of."""

import asyncio

from infra.config.settings import Settings
from stacks.access import require_access
from stacks.messages import leave_out_debugging
from stacks.platform import hosting, platforms
from stacks.product import products


async def deploy(settings: Settings) -> None:
    """Sign in to the servers and declare everything a stack file asks for."""
    leave_out_debugging()
    require_access(settings)
    declare(settings)
    # The SDK waits for registrations that have begun one after another, and for what they come to all at once, looking
    # at all that is open whenever one is known: before a registration has begun that is everything, half of a preview.
    await asyncio.sleep(0)


def declare(settings: Settings) -> None:
    """Declare everything a stack file asks for."""
    servers = platforms(settings)
    hosting(settings, servers, products(settings, servers))
