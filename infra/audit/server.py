"""The audit of one server."""

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infra.audit import inventory
from infra.audit.declared import Declared, Vista
from infra.audit.report import AddressReport, ContainerReport, ServerReport
from infra.audit.scanners import POLICIES, SSH_AUDIT, lynis, ssh_audit, ssh_audit_program
from infra.audit.vantage import Scan, Vantage, VantageError
from infra.host.remote import Remote, RemoteError

Say = Callable[[str], None]
"""Shows what is being waited for."""
EVERY_PORT: Final = ((1, 65535),)
HOW_TO_GET_SSH_AUDIT: Final = "`pip install -r requirements-dev.txt`"


@dataclass(kw_only=True, slots=True)
class Audit:
    """One server while it is looked at."""

    server: Remote
    declared: Declared
    vantage: Vantage
    wanted: Sequence[str]
    """Addresses to try; empty for all that it has."""
    say: Say
    report: ServerReport = field(init=False)
    _found: Mapping[str, Any] = field(init=False, default_factory=dict)

    def run(self) -> ServerReport:
        """Find out what can be found out.

        ssh-audit comes last: it connects often without signing in, for which Debian 13's sshd may turn us away.
        """
        self.report = ServerReport(host=self.server.connection.host)
        self._ask()
        self._run_lynis()
        addresses = self._addresses()
        for address in addresses:
            self._scan(address)
        self._scan_containers()
        alive = [one.address for one in self.report.addresses]
        self._run_ssh_audit(alive[0] if alive else None)
        return self.report

    def _ask(self) -> None:
        """Ask the server what it is and has; without that it is still looked at from outside."""
        self.say(f"Asking {self.server.name} what it has")
        source = Path(inventory.__file__).read_text(encoding="utf-8")
        try:
            self._found = json.loads(self.server.run("python3", "-I", "-", stdin=source))
        except RemoteError as error:
            self.report.unknown.append(f"what the server has: {error}")
        except ValueError:
            self.report.unknown.append("what the server has: it answered in a form that is not known")
        else:
            self.report.system = f"{self._found['system']} {self._found['version']}"

    def _run_lynis(self) -> None:
        if not self._found:
            return
        if not self._found["lynis"]:
            self.report.skipped.append("Lynis is not on the server: `apt-get install lynis` there")
            return
        self.say(f"Running Lynis on {self.server.name}")
        try:
            self.report.lynis = lynis(self.server)
        except RemoteError as error:
            self.report.unknown.append(f"Lynis: {error}")

    def _addresses(self) -> list[str]:
        """Return what to try: from elsewhere the server's own addresses, from here those of its name."""
        if self.wanted:
            return list(self.wanted)
        if self.vantage.is_elsewhere:
            own = [each["address"] for each in self._found.get("addresses", ())]
            if not own:
                self.report.unknown.append(f"which address it has for {self.vantage.name}: name one, `--address`")
            return own
        try:
            found = socket.getaddrinfo(self.server.connection.host, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            self.report.unknown.append(f"the address of {self.server.connection.host}: {error.strerror}")
            return []
        return list(dict.fromkeys(str(each[4][0]) for each in found))

    def _scan(self, address: str) -> None:
        self.say(f"Trying all TCP ports of {self.server.name} at {address}, from {self.vantage.name}")
        try:
            udp = sorted({*self.declared.udp_ports, *self._found.get("udp", ())})
            found = self.vantage.scan(address, EVERY_PORT, udp)
        except VantageError as error:
            self.report.unknown.append(f"{address}: {error}")
            return
        if not found.is_alive:
            text = f"{address} answers nothing, not even a refusal: out of reach from {self.vantage.name}?"
            self.report.unknown.append(text)
            return
        self.report.addresses.append(self._judged(address, found))

    def _judged(self, address: str, found: Scan) -> AddressReport:
        interfaces = {each["address"]: each["interface"] for each in self._found.get("addresses", ())}
        at = Vista(address=address, interface=interfaces.get(address, ""), client=self._client(address, found))
        answering = [port for port, state in found.udp.items() if state == "answers"]
        return AddressReport(
            address=address,
            interface=at.interface,
            source=found.source,
            open=found.open,
            undeclared=tuple(port for port in found.open if not self.declared.permits(port, "tcp", at)),
            closed=tuple(port for port in self.declared.expected(at) if port not in found.open),
            refused=found.refused,
            silent=found.silent,
            udp={str(port): state for port, state in found.udp.items()},
            undeclared_udp=tuple(port for port in answering if not self.declared.permits(port, "udp", at)),
        )

    def _client(self, address: str, found: Scan) -> str:
        """Return what the server takes us for; empty when that is not known."""
        if self.vantage.is_elsewhere:
            return found.source
        # Our own address may be translated on the way, so the one that the sign-in came from counts, for its family.
        client = str(self._found.get("client", ""))
        return client if (":" in client) == (":" in address) else ""

    def _scan_containers(self) -> None:
        """Try the containers through a route by the server, as a neighbour could that sets one."""
        found: Sequence[Mapping[str, Any]] = self._found.get("containers", ())
        if not found:
            return
        if not self.vantage.is_elsewhere:
            self.report.skipped.append("containers through a route: that takes a neighbour of the server, `--from`")
            return
        self.report.containers = []
        for container in found:
            self._scan_container(str(container["name"]), str(container["address"]), list(container["ports"]))

    def _scan_container(self, name: str, address: str, ports: Sequence[int]) -> None:
        gateway = next((one.address for one in self.report.addresses if (":" in one.address) == (":" in address)), None)
        if gateway is None:
            self.report.unknown.append(f"the container {name}: no address of the server leads to {address}")
            return
        self.say(f"Trying the container {name} at {address}, through {gateway}")
        try:
            with self.vantage.route(address, gateway):
                answer = self.vantage.scan(address, [(port, port) for port in ports])
        except VantageError as error:
            self.report.unknown.append(f"the container {name}: {error}")
            return
        if self.report.containers is not None:
            one = ContainerReport(name=name, address=address, tried=tuple(ports), open=answer.open)
            self.report.containers.append(one)

    def _run_ssh_audit(self, address: str | None) -> None:
        program = ssh_audit_program()
        if address is None or not self.report.system:
            return
        policy = POLICIES.get(self.report.system)
        if policy is None:
            self.report.skipped.append(f"{SSH_AUDIT} has no policy for {self.report.system}")
            return
        if program is None:
            self.report.skipped.append(f"{SSH_AUDIT} is not installed: {HOW_TO_GET_SSH_AUDIT}")
            return
        self.say(f"Running {SSH_AUDIT} at {address}")
        try:
            self.report.ssh = ssh_audit(self.vantage, program, address, self.server.connection.port, policy)
        except VantageError as error:
            self.report.unknown.append(str(error))
