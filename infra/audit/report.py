"""What an audit found: the content of `audit.json`, described in docs/audit.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

FORMAT: Final = 1
"""Counted up when a reader of the former form would be misled."""

Kind = Literal["undeclared", "worse", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressReport:
    """What one address of a server answers."""

    address: str
    interface: str
    """Of the server; empty when it could not be asked."""
    source: str
    """The address it was tried from."""
    open: tuple[int, ...]
    """TCP ports, of all 65 535."""
    undeclared: tuple[int, ...]
    """Those of them that the stack file does not declare, for who looks from here."""
    closed: tuple[int, ...]
    """TCP ports that it declares and nothing answers on; no fault by itself."""
    refused: int
    silent: int
    udp: dict[str, str]
    """UDP port → `answers`, `refused`, `silent` (a filter, or a service that ignores what it does not know)."""
    undeclared_udp: tuple[int, ...]
    """Those that answer and are not declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerReport:
    """What a container answers to a neighbour that routes to it past the published ports."""

    name: str
    address: str
    tried: tuple[int, ...]
    open: tuple[int, ...]
    """All of them undeclared: a container is reached by what is published."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SshReport:
    """What ssh-audit says."""

    policy: str
    passed: bool
    errors: tuple[str, ...]
    """What differs from the policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LynisReport:
    """What Lynis says."""

    version: str
    index: int
    """Hardening index, of 100."""
    warnings: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class ServerReport:
    """What was found out about one server; what is None was not measured."""

    host: str
    system: str = ""
    """Such as `debian 13`; empty when the server could not be asked."""
    addresses: list[AddressReport] = field(default_factory=list)
    containers: list[ContainerReport] | None = None
    ssh: SshReport | None = None
    lynis: LynisReport | None = None
    skipped: list[str] = field(default_factory=list)
    """What was not measured, and what it takes; no fault by itself."""
    unknown: list[str] = field(default_factory=list)
    """What could not be told, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is not as it should be, or that nobody can tell."""

    server: str
    kind: Kind
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One audit."""

    format: int
    stack: str
    at: str
    """When it began, UTC, ISO 8601."""
    vantage: str
    """From where."""
    servers: dict[str, ServerReport]
    findings: list[Finding]


def findings(name: str, server: ServerReport) -> Iterator[Finding]:
    """Yield what is open and not declared, and what could not be told."""
    for one in server.addresses:
        for port in one.undeclared:
            yield Finding(server=name, kind="undeclared", text=f"{port}/tcp is open at {one.address}, undeclared")
        for port in one.undeclared_udp:
            yield Finding(server=name, kind="undeclared", text=f"{port}/udp answers at {one.address}, undeclared")
    for container in server.containers or ():
        for port in container.open:
            at = f"{port}/tcp of the container {container.name}"
            text = f"{at} is reached at {container.address}, past what is published"
            yield Finding(server=name, kind="undeclared", text=text)
    for text in server.unknown:
        yield Finding(server=name, kind="unknown", text=text)
