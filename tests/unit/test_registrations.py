"""How the program hands over to the SDK."""

import asyncio

from stacks import registrations


def test_what_was_declared_has_begun_to_be_registered_when_the_program_ends() -> None:
    begun: list[int] = []

    async def register(number: int) -> None:
        begun.append(number)

    async def program() -> None:
        declared = [asyncio.ensure_future(register(number)) for number in range(3)]
        await registrations.begin()
        assert begun == [0, 1, 2], "the SDK would wait for all outputs at once"
        await asyncio.gather(*declared)

    asyncio.run(program())
