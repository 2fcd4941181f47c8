"""An open-loop client: requests start on time whether or not earlier ones were answered.

Where this process stands still, those of the last second are sent late, and those before them not at all.

Half of the requests use a new connection each, half share kept-alive ones; one in four places an order. Nothing is
retried: whatever a person's browser would have papered over counts as failed. As every client does, it sends nothing
over a connection that it has seen end.
"""

import asyncio
import contextlib
import json
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

ANSWER_TIMEOUT = 30.0
"""Seconds a request may take before it counts as failed: slow is not lost."""
CLOSING_SECONDS = 0.1
GRACE_SECONDS = 0.1
"""How long after the first answer of a release a request may still be sent to the former one."""
SWITCH_SECONDS = 5.0
"""Less than lies between two releases, so that an answer of another one within it is that of the former one."""
MOST_BEHIND_SECONDS = 1.0
"""How far requests may fall behind their time and still all be sent."""
MANY = 1_000_000
OK = frozenset({200, 201})

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where requests go."""

    host: str
    """Name in the certificate and the `Host` header."""
    address: str
    ca: Path | None
    """Authority of the certificate; without one requests go in the clear."""
    port: int = 443


@dataclass(slots=True)
class Report:
    """What became of the requests."""

    sent: int = 0
    failed: int = 0
    orders: int = 0
    """Orders that were acknowledged with 201."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Status code, or the kind of failure → count."""
    releases: Counter[str] = field(default_factory=Counter)
    """Release that answered → count."""
    failures: list[str] = field(default_factory=list)
    """What failed and in which second of the run it had been sent."""
    stale: int = 0
    """Requests that the former release answered though the next one had already answered when they were sent."""
    _newest: str = ""
    _since: float = 0.0

    def expect_nothing_failed(self) -> None:
        """Fail with what failed, and how often."""
        assert self.failed == 0, f"{self.failed} of {self.sent} requests failed: {Counter(self.failures)}"

    def answered(self, release: str, sent: float) -> None:
        """Note which release has answered a request that was sent at a time."""
        self.releases[release] += 1
        if release == self._newest:
            return
        if self._newest and sent - self._since < SWITCH_SECONDS:
            self.stale += sent - self._since > GRACE_SECONDS
        elif sent > self._since:
            self._newest, self._since = release, time.monotonic()


class Pace:
    """When requests go out: evenly, and not all at once those that were not sent while this process stood still."""

    def __init__(self, rate: int, now: float) -> None:
        self._interval = 1 / rate
        self._due = now

    def wait(self, now: float) -> float:
        """Return in how many seconds the next one goes out."""
        self._due = max(self._due, now - MOST_BEHIND_SECONDS) + self._interval
        return max(0.0, self._due - now)


class Load:
    """Sends requests at a fixed rate until told to stop or a count is reached."""

    def __init__(self, target: Target, *, rate: int) -> None:
        self._target = target
        self._rate = rate
        self._tls = ssl.create_default_context(cafile=str(target.ca)) if target.ca else None
        self._idle: list[Connection] = []
        self._open: WeakSet[asyncio.WriteTransport] = WeakSet()
        self._stopping = False
        self.report = Report()

    def stop(self) -> None:
        """Send no further request; `run` returns when those in flight are answered."""
        self._stopping = True

    def wait_for(self, release: str) -> None:
        """Return once a release has answered, or half a minute has passed: this process may have stood still."""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while release not in self.report.releases and time.monotonic() < deadline:
            time.sleep(CLOSING_SECONDS)

    async def run(self, *, count: int) -> Report:
        """Send up to `count` requests and wait for their answers."""
        start = time.monotonic()
        pace = Pace(self._rate, start)
        async with asyncio.TaskGroup() as tasks:
            for index in range(count):
                if self._stopping:
                    break
                tasks.create_task(self._request(index, start))
                await asyncio.sleep(pace.wait(time.monotonic()))
        for transport in list(self._open):
            transport.abort()
        # The loop closes a transport in its next rounds; what ends with it unclosed is a warning.
        await asyncio.sleep(CLOSING_SECONDS)
        return self.report

    async def _request(self, index: int, start: float) -> None:
        keep = index % 2 == 0
        order = index % 8 in {0, 1}
        self.report.sent += 1
        sent = time.monotonic()
        second = int(sent - start)
        try:
            status, release = await asyncio.wait_for(self._exchange(index, keep=keep, order=order), ANSWER_TIMEOUT)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.report.failed += 1
            self.report.outcomes[type(error).__name__] += 1
            self.report.failures.append(f"{type(error).__name__} in second {second}")
            return
        self.report.outcomes[str(status)] += 1
        self.report.answered(release, sent)
        if status not in OK:
            self.report.failed += 1
            self.report.failures.append(f"{status} in second {second}")
        self.report.orders += order and status in OK

    async def _exchange(self, index: int, *, keep: bool, order: bool) -> tuple[int, str]:
        reader, writer = (keep and self._kept()) or await self._connect()
        try:
            writer.write(self._message(index, keep=keep, order=order))
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
            await reader.readexactly(int(headers.get("content-length", "0")))
        except BaseException:
            writer.close()
            raise
        if keep and headers.get("connection") != "close":
            self._idle.append((reader, writer))
        else:
            writer.close()
        return int(head[0].split()[1]), headers.get("x-release", "")

    def _kept(self) -> Connection | None:
        """Return the connection used last that is still open: a server ends what has been idle for minutes."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> Connection:
        target = self._target
        connection = await asyncio.open_connection(
            target.address,
            target.port,
            ssl=self._tls,
            server_hostname=target.host if self._tls else None,
            limit=1 << 20,
        )
        self._open.add(connection[1].transport)
        return connection

    def _message(self, index: int, *, keep: bool, order: bool) -> bytes:
        body = json.dumps({"item": f"load-{index}", "quantity": 1}).encode() if order else b""
        lines = [
            f"{'POST /orders' if order else 'GET /'} HTTP/1.1",
            f"Host: {self._target.host}",
            f"Connection: {'keep-alive' if keep else 'close'}",
        ]
        if order:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.contextmanager
def traffic(target: Target, *, rate: int, count: int = MANY) -> Iterator[Load]:
    """Keep requests coming while the body runs; its report is complete afterwards."""
    load = Load(target, rate=rate)
    thread = threading.Thread(target=lambda: asyncio.run(load.run(count=count)))
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join()


def main() -> None:
    """Send requests in the clear until the input ends, by `<host> <port> <rate>`, and print the report as JSON."""
    host, port, rate = sys.argv[1:]
    load = Load(Target(host=host, address=host, ca=None, port=int(port)), rate=int(rate))

    def end() -> None:
        sys.stdin.read()
        load.stop()

    threading.Thread(target=end, daemon=True).start()
    report = asyncio.run(load.run(count=MANY))
    sys.stdout.write(
        json.dumps(
            {
                "sent": report.sent,
                "failed": report.failed,
                "stale": report.stale,
                "releases": dict(report.releases),
                "failures": report.failures,
            }
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
