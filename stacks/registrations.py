"""How the program hands over to the SDK, which registers what was declared."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

_CALLS = 10_000
"""More than any stack has resources; a thread begins with the first call that finds none free."""


def open_threads() -> None:
    """Give every call to the engine a thread, however many wait for an answer.

    The SDK's own pool has four for each operation at once. A registration keeps its thread until the resource is there,
    and a hook before its creation needs one, too: once registrations hold them all, the two wait for each other without
    end. Measured: five new products of four services, on two processors.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_CALLS))


async def begin() -> None:
    """Let every registration begin before the SDK waits.

    It waits one after another for those that have begun, and for what they come to all at once, looking at all that is
    open whenever one is known. While none has begun that is everything: measured, half of a preview of 1100 resources.
    """
    await asyncio.sleep(0)
