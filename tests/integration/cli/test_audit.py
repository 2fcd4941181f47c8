"""`slipway audit`, with small programs in place of ssh, Docker, `nsenter` and ssh-audit."""

import json
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.audit import scanners, server, vantage
from tests.integration.cli.conftest import Program
from tests.unit.cli.conftest import KEY, Slipway

STACK = f"""
config:
  slipway:servers:
    main:
      host: 127.0.0.1
      ssh: {{host_key: "{KEY}"}}
      admin_keys: ["{KEY}"]
      firewall:
        rules:
          - {{port: 51820, protocol: udp, comment: vpn}}
          - {{port: 5432, source: 203.0.113.0/24, comment: office}}
  slipway:edge: {{acme: {{email: ops@example.com}}}}
"""
SSH = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent
answers = json.loads((here / "answers.json").read_text())
command = sys.argv[-1]
if "python3 -I -" in command:
    assert "def inventory" in sys.stdin.read()
    print(answers["inventory"])
elif "lynis audit system" in command:
    print(answers["lynis"])
else:
    raise AssertionError(command)
sys.exit(answers["ssh"])
"""
NSENTER = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent
answers = json.loads((here / "answers.json").read_text())
entering, separator, program, *words = sys.argv[1:]
assert separator == "--"
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([entering, pathlib.Path(program).name, *words]) + "\\n")
if words[-1].endswith("scan.py"):
    job = json.load(sys.stdin)
    (here / f"job-{job['address']}").write_text(json.dumps(job))
    found = answers["scans"].get(job["address"])
    print(json.dumps(found)) if found else sys.exit("Traceback\\nnothing is known of it")
elif program.endswith("ssh-audit"):
    print(answers["ssh_audit"])
    sys.exit(answers["ssh_audit_code"])
elif program == "ip":
    sys.exit(answers["route"] if words[1] == "add" else 0)
"""
DOCKER = "import sys\nprint({'neighbour': '4711', 'stopped': '0'}.get(sys.argv[-1], ''))\n"
NOTHING: Mapping[str, Any] = {"source": "10.0.0.9", "open": [], "refused": 0, "silent": 0, "unreachable": 0, "udp": {}}
CONTAINER = {"name": "shop-web", "address": "10.213.1.2", "ports": [8000, 9000]}
INVENTORY: Mapping[str, Any] = {
    "system": "debian",
    "version": "13",
    "client": "198.51.100.7",
    "addresses": [{"address": "10.0.0.2", "interface": "eth0"}, {"address": "fd00::2", "interface": "eth0"}],
    "udp": [51820, 53],
    "containers": [CONTAINER],
    "lynis": True,
}
LYNIS = "lynis_version=3.1.4\nhardening_index=86\n"
PASSED = {"passed": True, "errors": []}
FLOOR = {"dev": {"main": {"lynis_index": 85, "lynis_warnings": 0, "ssh_policy": "passed"}}}


class World:
    """A server, its neighbour, and what they answer."""

    def __init__(self, program: Program, project: Path) -> None:
        self.project = project
        self.bin = program("ssh", SSH).parent
        for name, source in (("nsenter", NSENTER), ("docker", DOCKER), ("ssh-audit", "")):
            program(name, source)
        (project / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
        self._answers: dict[str, Any] = {"ssh": 0, "route": 0, "lynis": LYNIS, "scans": {}}
        self.inventory()
        self.says_of_ssh(PASSED)
        self.answers("10.0.0.2", open=[22, 80, 443], udp={"51820": "silent", "53": "refused"})
        self.answers("fd00::2", open=[22, 80, 443])
        self.answers("10.213.1.2", silent=2)

    def inventory(self, **different: object) -> None:
        self.set(inventory=json.dumps({**INVENTORY, **different}))

    def says_of_ssh(self, found: Mapping[str, object], code: int = 0) -> None:
        self.set(ssh_audit=f"a banner\n{json.dumps(found)}", ssh_audit_code=code)

    def answers(self, address: str, **different: object) -> None:
        self.set(scans={**self._answers["scans"], address: {**NOTHING, "refused": 65000, **different}})

    def set(self, **answers: object) -> None:
        self._answers |= answers
        (self.bin / "answers.json").write_text(json.dumps(self._answers), encoding="utf-8")

    def calls(self, program: str) -> list[list[str]]:
        calls = (json.loads(line) for line in (self.bin / "calls").read_text(encoding="utf-8").splitlines())
        return [[*words] for _, name, *words in calls if name == program]

    def job(self, address: str) -> Mapping[str, Any]:
        job: Mapping[str, Any] = json.loads((self.bin / f"job-{address}").read_text(encoding="utf-8"))
        return job

    def report(self) -> Mapping[str, Any]:
        """Return what is known of the server by `audit.json`."""
        report = json.loads((self.project / "audit.json").read_text(encoding="utf-8"))
        main: Mapping[str, Any] = report["servers"]["main"]
        return main

    def floor(self, floor: object = FLOOR) -> str:
        (self.project / "floor.json").write_text(json.dumps(floor), encoding="utf-8")
        return "floor.json"


@pytest.fixture
def world(program: Program, project: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a server that has open what it declares, seen by a neighbour."""
    world = World(program, project)
    # So that the ssh-audit of the test is found, rather than one beside this Python.
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    return world


def said(output: str) -> list[str]:
    """Return the lines about findings."""
    return [line for line in output.splitlines() if line.startswith(("wrong", "worse", "could not tell"))]


def test_a_server_with_only_what_it_declares_is_fine(slipway: Slipway, world: World) -> None:
    result = slipway("audit", "dev", "--from", "neighbour", "--floor", world.floor())
    assert result.exit_code == 0, result.output
    assert said(result.stderr) == []
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "main TCP at 10.0.0.2 open 22 80 443 undeclared none" in rows
    assert "main UDP at 10.0.0.2 51820 silent, 53 refused undeclared none" in rows
    assert "main containers through a route 0 of 1 reached" in rows
    assert "main ssh-audit passed Hardened Debian 13 (version 1)" in rows
    assert "main Lynis index 86, 0 warnings 3.1.4" in rows


def test_every_port_of_every_address_is_tried(slipway: Slipway, world: World) -> None:
    slipway("audit", "dev", "--from", "neighbour")
    for address in ("10.0.0.2", "fd00::2"):
        assert world.job(address)["tcp"] == [[1, 65535]]
        assert world.job(address)["udp"] == [53, 443, 51820], "declared ports and those that something listens on"


def test_the_neighbours_network_is_entered(slipway: Slipway, world: World) -> None:
    slipway("audit", "dev", "--from", "neighbour")
    first = json.loads((world.bin / "calls").read_text(encoding="utf-8").splitlines()[0])
    assert first[0] == "--net=/proc/4711/ns/net"


def test_a_named_network_namespace_goes_before_a_container(
    slipway: Slipway, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "neighbour").touch()
    monkeypatch.setattr(vantage, "NAMED_NAMESPACES", tmp_path)
    assert slipway("audit", "dev", "--from", "neighbour").exit_code == 0
    first = json.loads((world.bin / "calls").read_text(encoding="utf-8").splitlines()[0])
    assert first[0] == f"--net={tmp_path / 'neighbour'}"


@pytest.mark.parametrize("name", ["stopped", "unheard-of", "../escape"])
def test_a_neighbour_that_is_not_there_is_refused(slipway: Slipway, world: World, name: str) -> None:
    result = slipway("audit", "dev", "--from", name)
    assert result.exit_code == 1, world.bin
    assert f"neither a network namespace nor a running container {name}" in result.stderr


def test_an_undeclared_port_is_exit_code_2(slipway: Slipway, world: World) -> None:
    world.answers("10.0.0.2", open=[22, 443, 5432, 8080], udp={"53": "answers", "51820": "answers"})
    world.answers("fd00::2", open=[22, 8081])
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 2
    assert said(result.stderr) == [
        "wrong: main: 5432/tcp is open at 10.0.0.2, undeclared",
        "wrong: main: 8080/tcp is open at 10.0.0.2, undeclared",
        "wrong: main: 53/udp answers at 10.0.0.2, undeclared",
        "wrong: main: 8081/tcp is open at fd00::2, undeclared",
    ]
    assert world.report()["addresses"][0]["closed"] == [80], "declared, and nothing answers"


def test_a_container_that_is_reached_by_a_route_is_exit_code_2(slipway: Slipway, world: World) -> None:
    world.answers("10.213.1.2", open=[9000])
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 2
    assert said(result.stderr) == [
        "wrong: main: 9000/tcp of the container shop-web is reached at 10.213.1.2, past what is published"
    ]
    assert world.job("10.213.1.2")["tcp"] == [[8000, 8000], [9000, 9000]]


def test_the_route_is_taken_away_again(slipway: Slipway, world: World) -> None:
    way = ["10.213.1.2", "via", "10.0.0.2"]
    for known in (True, False):
        world.set(scans={**world._answers["scans"], "10.213.1.2": {**NOTHING} if known else None})
        (world.bin / "calls").write_text("", encoding="utf-8")
        assert slipway("audit", "dev", "--from", "neighbour").exit_code == (0 if known else 1)
        assert world.calls("ip") == [["route", "add", *way], ["route", "del", *way]]


def test_a_route_that_cannot_be_set_is_not_taken_away(slipway: Slipway, world: World) -> None:
    world.set(route="RTNETLINK answers: File exists")
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 1
    assert "no way from the container neighbour to 10.213.1.2 through 10.0.0.2: RTNETLINK" in result.stderr
    assert [words[1] for words in world.calls("ip")] == ["add"]


def test_silence_on_every_port_is_not_taken_for_a_firewall(slipway: Slipway, world: World) -> None:
    world.answers("10.0.0.2", refused=0, silent=65535)
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 1
    assert "10.0.0.2 answers nothing, not even a refusal: out of reach" in result.stderr
    assert "UDP at 10.0.0.2" not in result.stdout


def test_a_server_that_lets_nobody_in_is_looked_at_from_outside(slipway: Slipway, world: World) -> None:
    world.set(ssh=255)
    world.answers("10.0.0.2", open=[22, 8080])
    result = slipway("audit", "dev", "--from", "neighbour", "--address", "10.0.0.2")
    assert result.exit_code == 2, "what is certain goes before what is not known"
    assert "could not tell: main: what the server has: 127.0.0.1 does not answer" in result.stderr
    assert "wrong: main: 8080/tcp is open" in result.stderr
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 1
    assert "name one, `--address`" in result.stderr


def test_a_result_below_the_floor_is_exit_code_2(slipway: Slipway, world: World) -> None:
    world.set(lynis="hardening_index=84\nwarning[]=PKGS-7388|No security repository|-|-|\n")
    world.says_of_ssh({"passed": False, "errors": [{"mismatched_field": "Ciphers"}]}, code=3)
    result = slipway("audit", "dev", "--from", "neighbour", "--floor", world.floor())
    assert result.exit_code == 2
    assert said(result.stderr) == [
        "worse: main: the hardening index of Lynis is 84, below the floor of 85",
        "worse: main: Lynis has 1 warnings, above the floor of 0: PKGS-7388 No security repository",
        "worse: main: ssh-audit: Hardened Debian 13 (version 1) is broken: Ciphers",
    ]
    assert slipway("audit", "dev", "--from", "neighbour").exit_code == 0, "without a floor it is told, not judged"


def test_what_cannot_be_measured_is_said_and_never_above_a_floor(
    slipway: Slipway, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.inventory(lynis=False)
    monkeypatch.setattr(scanners, "SSH_AUDIT", "ssh-audit-of-nowhere")
    result = slipway("audit", "dev", "--from", "neighbour")
    assert result.exit_code == 0
    assert "`apt-get install lynis`" in result.stdout
    assert "ssh-audit is not installed: `pip install -r requirements-dev.txt`" in result.stdout
    assert slipway("audit", "dev", "--from", "neighbour", "--floor", world.floor()).exit_code == 1


def test_each_debian_has_its_policy(slipway: Slipway, world: World) -> None:
    for version, policy in (("12", "Hardened Debian 12 (version 3)"), ("13", "Hardened Debian 13 (version 1)")):
        world.inventory(version=version)
        slipway("audit", "dev", "--from", "neighbour")
        *_, words = world.calls("ssh-audit")
        assert words == ["--json", "--skip-rate-test", "--policy", policy, "--port", "22", "10.0.0.2"]
    world.inventory(system="ubuntu", version="26.04")
    assert "no policy for ubuntu 26.04" in slipway("audit", "dev", "--from", "neighbour").stdout


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({"ssh_audit": "[exception] timed out", "ssh_audit_code": 1}, "ssh-audit got no answer at 10.0.0.2 port 22"),
        ({"lynis": ""}, "Lynis did not come to a hardening index on 127.0.0.1"),
        ({"inventory": "Traceback"}, "what the server has: it answered in a form that is not known"),
    ],
)
def test_a_scanner_that_fails_is_not_taken_for_a_pass(
    slipway: Slipway, world: World, answers: Mapping[str, object], text: str
) -> None:
    world.set(**answers)
    result = slipway("audit", "dev", "--from", "neighbour", "--address", "10.0.0.2")
    assert result.exit_code == 1
    assert text in result.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--floor", "missing.json"], "missing.json cannot be read"),
        (["--address", "example.com"], "--address takes an IPv4 or IPv6 address"),
        (["--server", "mian"], "dev has no server mian"),
        (["--output", "missing/audit.json", "--from", "neighbour"], "missing/audit.json cannot be written"),
    ],
)
def test_a_mistake_does_not_end_as_a_finding_does(
    slipway: Slipway, world: World, options: list[str], text: str
) -> None:
    result = slipway("audit", "dev", *options)
    assert result.exit_code == 1, world.bin
    assert text in result.stderr


def test_a_floor_for_a_server_that_is_not_there_is_refused(slipway: Slipway, world: World) -> None:
    result = slipway("audit", "dev", "--floor", world.floor({"dev": {"mian": {"lynis_index": 85}}}))
    assert result.exit_code == 1
    assert "is about a server mian, which dev does not have" in result.stderr


def test_the_report_is_written_and_printed_for_programs(slipway: Slipway, world: World) -> None:
    result = slipway("audit", "dev", "--from", "neighbour", "--json", "-o", "other.json")
    printed = json.loads(result.stdout)
    assert printed == json.loads((world.project / "other.json").read_text(encoding="utf-8"))
    assert (printed["format"], printed["stack"], printed["vantage"]) == (1, "dev", "the container neighbour")
    assert printed["findings"] == []


class Here:
    """A port of this machine, which stands for the server's."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port

    def seen_as(self, client: str) -> None:
        self.world.inventory(udp=[], version="11", client=client)

    def declare(self, source: str) -> None:
        """Declare the port for a source."""
        stack = STACK.replace("port: 5432, source: 203.0.113.0/24", f"port: {self.port}, source: {source}")
        (self.world.project / "Pulumi.dev.yaml").write_text(stack, encoding="utf-8")


@pytest.fixture
def here(program: Program, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    """Return a server whose only open port is one of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(4)
        port = listener.getsockname()[1]
        monkeypatch.setattr(server, "EVERY_PORT", ((port, port),))
        yield Here(World(program, project), port)


def test_this_machine_looks_at_the_host_of_the_stack_file(slipway: Slipway, here: Here) -> None:
    here.seen_as("198.51.100.7")
    result = slipway("audit", "dev")
    assert result.exit_code == 2
    assert said(result.stderr) == [f"wrong: main: {here.port}/tcp is open at 127.0.0.1, undeclared"]
    assert "that takes a neighbour of the server, `--from`" in result.stdout
    assert here.world.report()["containers"] is None


@pytest.mark.parametrize(("client", "code"), [("203.0.113.9", 0), ("198.51.100.7", 2), ("2001:db8::9", 0), ("", 0)])
def test_whom_the_server_takes_us_for_decides_if_a_rule_is_ours(
    slipway: Slipway, here: Here, client: str, code: int
) -> None:
    here.seen_as(client)
    here.declare("203.0.113.0/24")
    assert slipway("audit", "dev").exit_code == code, "an address of the other family says nothing of this one"
