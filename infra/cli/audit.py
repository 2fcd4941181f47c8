"""`slipway audit`: look at the servers from outside and compare what is open with what is declared."""

import dataclasses
import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.audit.declared import Declared, declared
from infra.audit.floor import FloorError, ServerFloor, below, read_floor
from infra.audit.report import FORMAT, AddressReport, Finding, Report, ServerReport, findings
from infra.audit.server import Audit
from infra.audit.vantage import VantageError, vantage
from infra.cli.arguments import AsJson, OneServer, StackName
from infra.cli.project import Stack, find_project, read_stack
from infra.cli.refusal import RefusalError, say
from infra.cli.servers import remotes
from infra.cli.tables import show
from infra.cli.verdict import Verdict, refusing_as_unknown
from infra.config.sections import Sections

COLUMNS: Final = ("server", "looked at", "found", "")
HEADINGS: Final = {"undeclared": "wrong", "worse": "worse", "unknown": "could not tell"}

From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="CONTAINER|NETNS",
        help="Look from the network of a running container or of a named network namespace of this machine; as root.",
    ),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="Try this address rather than those the server has; again for another."),
]
FloorFile = Annotated[
    Path | None, typer.Option("--floor", help="File of what must be reached, such as `docs/audit-floor.json`.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the report.")]


def audit(
    stack: StackName,
    server: OneServer = None,
    look_from: From = None,
    address: Addresses = None,
    floor: FloorFile = None,
    output: Output = Path("audit.json"),
    *,
    as_json: AsJson = False,
) -> None:
    """Look at the servers from outside and compare what is open with what is declared.

    Tries every TCP port of every address, and UDP ports that are declared or listened on; with `--from` a neighbour
    also the containers, through a route past what is published. Runs ssh-audit with the policy of the server's Debian,
    and Lynis where the server has it. Declared are SSH, the edge's 80 and 443, and the rules of the stack file.

    Nothing on the servers is changed. They may ban who looks: name that address in `fail2ban.ignore` of the stack file,
    and look from a neighbour that nothing else needs.

    Exit codes: 0 only what is declared is open, and nothing is below the floor; 2 otherwise; 1 not known, as far as
    could be told.

    **Examples**

    - `slipway audit prod`
    - `slipway audit dev --from neighbour --floor docs/audit-floor.json`
    - `slipway audit prod --server main --address 203.0.113.7 --json | jq .findings`
    """
    with refusing_as_unknown():
        report = _audited(_Question(stack, server, look_from, address or [], floor))
        _write(report, output)
    if as_json:
        typer.echo(_as_json(report))
    else:
        show(COLUMNS, _rows(report))
        for finding in report.findings:
            say(f"{HEADINGS[finding.kind]}: {finding.server}: {finding.text}")
        typer.echo(f"Written to {output}.")
    raise typer.Exit(_verdict(report.findings))


@dataclass(frozen=True, slots=True)
class _Question:
    """What the command line asks for."""

    stack: str
    server: str | None
    look_from: str | None
    addresses: list[str]
    floor: Path | None


def _audited(asked: _Question) -> Report:
    stack = read_stack(find_project(), asked.stack)
    servers = remotes(stack, asked.server)
    _require_addresses(asked.addresses, len(servers))
    began = datetime.now(UTC).replace(microsecond=0)
    reports = {}
    try:
        floors = _floors(stack, asked.floor)
        place = vantage(asked.look_from)
    except (FloorError, VantageError) as error:
        text = f"{error}."
        raise RefusalError(text) from None
    with Console(stderr=True).status("Looking") as status:
        for server in servers:
            one = Audit(
                server=server,
                declared=_admitted(stack.sections, server.name),
                vantage=place,
                wanted=asked.addresses,
                say=status.update,
            )
            reports[server.name] = one.run()
    return Report(
        format=FORMAT,
        stack=stack.name,
        at=began.isoformat(),
        vantage=place.name,
        servers=reports,
        findings=[finding for name, report in reports.items() for finding in _judged(name, report, floors.get(name))],
    )


def _admitted(sections: Sections, server: str) -> Declared:
    """Return what may be open on a server."""
    edge = sections.edge_of(server)
    others = [product for partner in sections.partners.get(server, ()) for product in partner.products.values()]
    return declared(
        sections.servers[server],
        edge=edge is not None,
        http3=edge is not None and edge.http3,
        products=[*(product for product in sections.products.values() if product.server == server), *others],
    )


def _require_addresses(addresses: Iterable[str], servers: int) -> None:
    """Refuse what is no address, and addresses that could be of several servers."""
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            text = f"--address takes an IPv4 or IPv6 address; `{address}` is none."
            raise RefusalError(text) from None
        if servers > 1:
            text = f"--address is about one server and the stack has {servers}: name it, `--server`."
            raise RefusalError(text)


def _floors(stack: Stack, path: Path | None) -> Mapping[str, ServerFloor]:
    """Return what each server must reach.

    Raises:
        FloorError: the file cannot be used, or is about a server that is not there.
    """
    floors = read_floor(path, stack.name) if path else {}
    for name in floors:
        if name not in stack.sections.servers:
            text = f"{path} is about a server {name}, which {stack.name} does not have"
            raise FloorError(text)
    return floors


def _judged(name: str, report: ServerReport, floor: ServerFloor | None) -> Iterator[Finding]:
    yield from findings(name, report)
    if floor is not None:
        yield from below(name, report, floor)


def _verdict(found: Iterable[Finding]) -> Verdict:
    kinds = {finding.kind for finding in found}
    if kinds - {"unknown"}:
        return Verdict.DIFFERENT
    return Verdict.UNKNOWN if kinds else Verdict.SAME


def _as_json(report: Report) -> str:
    return json.dumps(dataclasses.asdict(report), indent=2)


def _write(report: Report, output: Path) -> None:
    try:
        output.write_text(f"{_as_json(report)}\n", encoding="utf-8")
    except OSError as error:
        text = f"{output} cannot be written: {error.strerror}."
        raise RefusalError(text) from None


def _rows(report: Report) -> Iterator[tuple[str, str, str, str]]:
    for name, server in report.servers.items():
        for one in server.addresses:
            yield name, f"TCP at {one.address}", f"open {_listed(one.open)}", _openness(one)
            udp = ", ".join(f"{port} {state}" for port, state in one.udp.items())
            if udp:
                yield name, f"UDP at {one.address}", udp, f"undeclared {_listed(one.undeclared_udp)}"
        if server.containers is not None:
            reached = sum(bool(one.open) for one in server.containers)
            yield name, "containers through a route", f"{reached} of {len(server.containers)} reached", ""
        if server.ssh:
            yield name, "ssh-audit", "passed" if server.ssh.passed else "failed", server.ssh.policy
        if server.lynis:
            warnings = f"{len(server.lynis.warnings)} warnings"
            yield name, "Lynis", f"index {server.lynis.index}, {warnings}", server.lynis.version
        for text in server.skipped:
            yield name, "not looked at", text, ""


def _openness(one: AddressReport) -> str:
    closed = f"; declared and closed {_listed(one.closed)}" if one.closed else ""
    return f"undeclared {_listed(one.undeclared)}{closed}"


def _listed(ports: Iterable[int]) -> str:
    return " ".join(map(str, ports)) or "none"
