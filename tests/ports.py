"""Ports for servers that cannot choose one themselves."""

import os
import socket
from itertools import islice

_LOOPBACK = "127.0.0.1"
_FIRST, _LAST = 10_000, 32_000
"""Below the ports that the kernel gives to whoever asks for any, who would get one before its server is up."""
_STEP = 200
"""Ports from the first of one process to that of the next: more than the tests of one take, or two may get the same."""


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback device that nobody uses, none of them twice."""
    return list(islice(_ports, count))


def _is_free(port: int) -> bool:
    """Tell whether a server may have a port, for connections and for datagrams."""
    try:
        socket.create_server((_LOOPBACK, port)).close()
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.bind((_LOOPBACK, port))
    except OSError:
        return False
    return True


_own = _FIRST + os.getpid() * _STEP % (_LAST - _FIRST)
_ports = filter(_is_free, (*range(_own, _LAST), *range(_FIRST, _own)))
