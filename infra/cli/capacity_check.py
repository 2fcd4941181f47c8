"""Whether a server has the memory and the processors that its stack file says."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from infra.cli.checks import Result, failed, passed
from infra.config.settings import CapacitySettings
from infra.host.remote import Remote, RemoteError

_SCRIPT: Final = "nproc && sed -n 's/^MemTotal: *//p' /proc/meminfo"
_KEPT_BACK: Final = Decimal("0.1")
"""Part of a machine's memory that the kernel, or the provider's firmware, may keep from what it calls its total."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a server really has."""

    memory: int
    """MiB."""
    cpus: int


def check_capacity(server: Remote, capacity: CapacitySettings | None) -> Result:
    """Compare what a server is said to have with what it has."""
    name = f"capacity {server.name}"
    try:
        said = server.run("sh", "-c", _SCRIPT)
    except RemoteError as error:
        return passed(name, f"not known before the first `slipway up`: {error}")
    cpus, memory = (int(line.split()[0]) for line in said.splitlines())
    return judge(name, capacity, Machine(memory=memory // 1024, cpus=cpus))


def judge(name: str, capacity: CapacitySettings | None, machine: Machine) -> Result:
    """Return what to say of a server.

    Args:
        name: of the check.
        capacity: what the stack file says.
        machine: what it has.
    """
    has = f"{machine.memory} MiB of memory and {machine.cpus} processors"
    if capacity is None:
        return passed(name, f"{has}; with `capacity` in its section a preview refuses what does not fit there")
    if capacity.memory * (1 - _KEPT_BACK) > machine.memory or capacity.cpus > machine.cpus:
        declared = f"{capacity.memory} MiB and {format(capacity.cpus.normalize(), 'f')} processors"
        return failed(name, f"the stack file promises {declared}, and the server has {has}: correct `capacity`.")
    return passed(name, has)
