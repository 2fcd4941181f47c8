"""How the program hands over to the SDK, which registers what was declared."""

import asyncio


async def begin() -> None:
    """Let every registration begin before the SDK waits.

    It waits one after another for those that have begun, and for what they come to all at once, looking at all that is
    open whenever one is known. While none has begun that is everything: measured, half of a preview of 1100 resources.
    """
    await asyncio.sleep(0)
