"""Tries the ports of an address, each once.

Standard library only, run as a file of its own: it is started in other network namespaces. A job comes in as JSON, an
answer goes out as JSON.

Nothing that has answered is tried again: Debian 13's sshd (`PerSourcePenalties`) counts a second against whoever
connects and does not sign in, and locks out at fifteen.
"""

import asyncio
import errno
import json
import os
import resource
import select
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

State = Literal["open", "refused", "silent", "unreachable"]
DatagramState = Literal["answers", "refused", "silent", "unreachable"]

PER_SECOND = 2000
"""Connections begun in a second, evenly: of 2 500 begun at once over a veth pair every other first packet was lost, as
the kernel queues 1 000 (`net.core.netdev_max_backlog`), and an open port with it. All ports take 33 s."""
PATIENCE_SECONDS = 1.5
"""Enough for a first packet that is lost, which the kernel sends again after a second."""
AT_ONCE = 3000
"""As many as wait where nothing answers."""
SUSPECT = 8192
"""Where at most so many ports are silent, the address refuses the others, and a filter is less likely than a loss."""
FILES_OF_OTHERS = 64
UNREACHABLE = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EACCES, errno.EPERM}
)
REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})
DATAGRAM_SECONDS = 0.7
DATAGRAM_TRIES = 2
DISCARD = 9
"""A port to ask the kernel by which address it would send; nothing is sent."""


def main() -> None:
    """Do the job on standard input."""
    job = json.load(sys.stdin)
    try:
        answer = scan(job["address"], [tuple(ends) for ends in job["tcp"]], job["udp"])
    except OSError as error:
        sys.exit(f"{job['address']}: {error.strerror or error}")
    json.dump(answer, sys.stdout)


def scan(address: str, tcp: Sequence[tuple[int, int]], udp: Sequence[int]) -> Mapping[str, Any]:
    """Return what an address answers.

    Args:
        address: IPv4 or IPv6 address.
        tcp: ranges of ports, both ends in them.
        udp: ports.

    Raises:
        OSError: the job is more than this machine can do.
    """
    states = asyncio.run(_scan(address, [port for first, last in tcp for port in range(first, last + 1)]))
    silent = [port for port, state in states.items() if state == "silent"]
    if len(silent) <= SUSPECT:
        states |= asyncio.run(_scan(address, silent))
    counts = {state: list(states.values()).count(state) for state in ("refused", "silent", "unreachable")}
    return {
        "source": source(address),
        "open": sorted(port for port, state in states.items() if state == "open"),
        **counts,
        "udp": {str(port): try_datagram(address, port) for port in udp},
    }


def source(address: str) -> str:
    """Return the address that this machine sends from; empty when there is no way."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, DISCARD))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def try_datagram(address: str, port: int) -> DatagramState:
    """Send a datagram of one byte and see what comes back; silence is a filter, or a service that does not know it.

    Docker's proxy passes an empty one on to nobody: a service behind it would look closed.
    """
    with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
        probe.settimeout(DATAGRAM_SECONDS)
        for _ in range(DATAGRAM_TRIES):
            try:
                probe.connect((address, port))
                probe.send(b"\0")
                probe.recv(1)
            except TimeoutError:
                continue
            except OSError as error:
                return "refused" if error.errno in REFUSED else "unreachable"
            return "answers"
    return "silent"


async def _scan(address: str, ports: Iterable[int]) -> dict[int, State]:
    remaining = iter(ports)
    states: dict[int, State] = {}
    pace = _Pace()
    await asyncio.gather(*(_work(address, remaining, states, pace) for _ in range(_at_once())))
    return states


async def _work(address: str, remaining: Iterator[int], states: dict[int, State], pace: "_Pace") -> None:
    """Try one port after another, of those that nobody has taken yet."""
    for port in remaining:
        await pace.wait()
        states[port] = await _try(address, port)


class _Pace:
    """Lets connections begin one after another; time that was lost is not made up for."""

    def __init__(self) -> None:
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until it is one's turn."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now)
        self._next = turn + 1 / PER_SECOND
        await asyncio.sleep(turn - now)


async def _try(address: str, port: int) -> State:
    with socket.socket(_family(address), socket.SOCK_STREAM) as probe:
        probe.settimeout(0)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.get_running_loop().sock_connect(probe, (address, port))
        except TimeoutError:
            return _late(probe)
        except OSError as error:
            return _refusal(error)
        return "refused" if met_itself(probe) else "open"


def _late(probe: socket.socket) -> State:
    """Return what has been answered by now: when the time was over, this process may have stood still all the while."""
    poller = select.poll()
    poller.register(probe, select.POLLOUT)
    if not poller.poll(0):
        return "silent"
    if number := probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return _refusal(OSError(number, os.strerror(number)))
    try:
        return "refused" if met_itself(probe) else "open"
    except OSError:
        # It failed, and why was told to the wait that was over by then; or the kernel itself has given up.
        return "silent"


def _refusal(error: OSError) -> State:
    """Return what an error says of a port.

    Raises:
        OSError: it says nothing of it.
    """
    if error.errno in REFUSED:
        return "refused"
    if error.errno in UNREACHABLE:
        return "unreachable"
    if error.errno == errno.ETIMEDOUT:
        return "silent"
    raise error


def met_itself(probe: socket.socket) -> bool:
    """Tell whether a socket was by chance given the very port that it tried, as happens within one machine."""
    return bool(probe.getsockname() == probe.getpeername())


def _at_once() -> int:
    """Return how many sockets may be open, after raising the limit as far as needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = AT_ONCE + FILES_OF_OTHERS
    limit = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return min(AT_ONCE, limit - FILES_OF_OTHERS)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


if __name__ == "__main__":
    main()
