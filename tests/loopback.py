"""An address of the loopback device for one process alone: nobody else takes a free port of it meanwhile."""

import os
import socket


def own_address() -> str:
    """Return the address of this process; every other living one has another."""
    # A number of a process has 22 bits at most.
    high, middle, low = os.getpid().to_bytes(3)
    return f"127.{64 + high}.{middle}.{low}"


def free_ports(count: int, address: str) -> list[int]:
    """Return ports of an address that nobody listens on."""
    sockets = [socket.create_server((address, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
