"""What `slipway doctor` says of a server's capacity."""

from decimal import Decimal

import pytest

from infra.cli.capacity_check import Machine, judge
from infra.compose.quantities import MiB
from infra.config.settings import CapacitySettings

SOLD_AS_4_GIB = Machine(memory=3920, cpus=2)
HAS = "3920 MiB of memory and 2 processors"


def declared(memory: int, cpus: str) -> CapacitySettings:
    return CapacitySettings(memory=MiB(memory), cpus=Decimal(cpus))


def test_what_the_provider_sells_is_what_the_kernel_calls_a_little_less() -> None:
    result = judge("capacity main", declared(4096, "2"), SOLD_AS_4_GIB)
    assert (result.ok, result.text) == (True, HAS)


@pytest.mark.parametrize(("memory", "cpus"), [(8192, "2"), (4096, "4")])
def test_more_than_the_machine_has_is_told(memory: int, cpus: str) -> None:
    result = judge("capacity main", declared(memory, cpus), SOLD_AS_4_GIB)
    assert not result.ok
    assert f"promises {memory} MiB and {cpus} processors, and the server has {HAS}" in result.text


def test_a_server_without_a_capacity_is_told_what_it_could_say() -> None:
    result = judge("capacity main", None, SOLD_AS_4_GIB)
    assert result.ok
    assert result.text.startswith(f"{HAS}; with `capacity`")
