"""From where a server is looked at: this machine, or another network namespace of it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.audit import scan

NAMED_NAMESPACES: Final = Path("/run/netns")
"""Where `ip netns add` puts them."""
SCAN_SECONDS: Final = 900
SHORT_SECONDS: Final = 30
_MISSING: Final = {
    "nsenter": "util-linux",
    "ip": "iproute2",
    "docker": "docker-cli",
}
"""Programs, and the Debian packages that carry them."""


class VantageError(Exception):
    """Something could not be done from there; the text is one sentence without its full stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """What an address answered."""

    source: str
    """Address we came from; empty when there is no way there."""
    open: tuple[int, ...]
    refused: int
    silent: int
    unreachable: int
    udp: Mapping[int, str]

    @property
    def is_alive(self) -> bool:
        """Whether anything answered, be it a refusal: else nobody can tell closed from out of reach."""
        return bool(self.open or self.refused)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vantage:
    """A place to look from."""

    name: str
    prefix: tuple[str, ...] = ()
    """What a command line begins with to run there."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is another network than this machine's own."""
        return bool(self.prefix)

    def scan(self, address: str, tcp: Sequence[tuple[int, int]], udp: Sequence[int] = ()) -> Scan:
        """Try the ports of an address.

        Args:
            address: IPv4 or IPv6 address.
            tcp: ranges of ports, both ends in them.
            udp: ports.

        Raises:
            VantageError: that could not be done.
        """
        job = json.dumps({"address": address, "tcp": list(tcp), "udp": list(udp)})
        code, output, complaint = self.call(
            sys.executable, "-I", str(Path(scan.__file__)), stdin=job, patience=SCAN_SECONDS
        )
        if code:
            raise VantageError(complaint)
        found = json.loads(output)
        return Scan(
            source=found["source"],
            open=tuple(found["open"]),
            refused=found["refused"],
            silent=found["silent"],
            unreachable=found["unreachable"],
            udp={int(port): state for port, state in found["udp"].items()},
        )

    def call(self, *command: str, stdin: str = "", patience: float = SHORT_SECONDS) -> tuple[int, str, str]:
        """Run a program there and return exit code, output and the last line of its complaints.

        Raises:
            VantageError: it is not installed or does not end.
        """
        return _run([*self.prefix, *command], stdin=stdin, patience=patience)

    @contextmanager
    def route(self, address: str, gateway: str) -> Iterator[None]:
        """Reach an address through another one; never on this machine's own network.

        Raises:
            VantageError: there is no such way, or one is there already.
        """
        way = (address, "via", gateway)
        code, _, complaint = self.call("ip", "route", "add", *way)
        if code:
            text = f"there is no way from {self.name} to {address} through {gateway}: {complaint}"
            raise VantageError(text)
        try:
            yield
        finally:
            self.call("ip", "route", "del", *way)


HERE: Final = Vantage(name="this machine")


def vantage(name: str | None) -> Vantage:
    """Return a place to look from.

    Args:
        name: a network namespace (`ip netns`), or else a running container; this machine when absent.

    Raises:
        VantageError: there is none of that name.
    """
    if name is None:
        return HERE
    named = NAMED_NAMESPACES / name
    if "/" not in name and named.exists():
        return Vantage(name=f"the network namespace {name}", prefix=_entering(named))
    code, output, _ = _run(["docker", "inspect", "--format", "{{.State.Pid}}", "--", name])
    process = output.strip()
    if code or not process.isdecimal() or process == "0":
        text = f"there is neither a network namespace nor a running container {name}"
        raise VantageError(text)
    return Vantage(name=f"the container {name}", prefix=_entering(Path("/proc") / process / "ns" / "net"))


def _entering(namespace: Path) -> tuple[str, ...]:
    return ("nsenter", f"--net={namespace}", "--")


def _run(command: Sequence[str], stdin: str = "", patience: float = SHORT_SECONDS) -> tuple[int, str, str]:
    try:
        run = subprocess.run(
            command, input=stdin, capture_output=True, encoding="utf-8", errors="replace", timeout=patience, check=False
        )
    except FileNotFoundError:
        package = _MISSING.get(command[0])
        text = f"{command[0]} is not on PATH" + (f": install {package}" if package else "")
        raise VantageError(text) from None
    except subprocess.TimeoutExpired:
        text = f"`{command[0]}` has not ended in {patience:.0f} s"
        raise VantageError(text) from None
    lines: list[Any] = run.stderr.strip().splitlines() or ["no reason given"]
    return run.returncode, run.stdout, str(lines[-1])
