"""From outside only what is declared is open, and what closes the rest are our own rules: without them it is open."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.audit.vantage import vantage
from tests.lab import decoys, docker, servers
from tests.lab.conftest import Images, Workshop, Workshops
from tests.lab.network import has_ipv6
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.stack import ROOT, Outcome
from tests.lab.topology import SERVERS, Server, sixth
from tests.lab.waiting import wait_for
from tests.tiers import unavailable

FLOOR = ROOT / "docs" / "audit-floor.json"
NIGHT = "timeout 1800 sh -c 'until apt-get --quiet update && unattended-upgrade; do sleep 5; done'"
"""What a server does by itself every night; until then it lacks upgrades. It may be at it right now."""
LYNIS = "apt-get install --yes --no-install-recommends --option DPkg::Lock::Timeout=600 lynis"
DECLARED = (22, 80, 443)
ANSWERING = """
import socket
own = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
own.bind(("::", {port}))
while True:
    own.sendto(b"here", own.recvfrom(16)[1])
"""
BY_ROUTE = "the container that is published on the loopback, by a route"

EVENTS: Mapping[str, Callable[[Server], object]] = {
    "ufw reload": lambda server: LabServer(server.stack).run("ufw", "reload"),
    "a restart of Docker": lambda server: LabServer(server.stack).run("systemctl", "restart", "docker"),
    "a reboot": lambda server: docker.docker("restart", server.container),
}
pytestmark = pytest.mark.usefixtures("decoyed")
each_server = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.suite)


@pytest.fixture(scope="module")
def decoyed(workshops: Workshops, images: Images) -> Iterator[Mapping[str, Workshop]]:
    """Return both stacks at their first release, with containers on the servers that nobody declared."""
    if not has_ipv6():
        unavailable("the lab's network has no IPv6: `make down` and `make lab` give it some where the machine has it")
    workshops.settle("dev", "test")
    for server in SERVERS:
        decoys.start(LabServer(server.stack), images["web"]["v1"])
    yield workshops
    for server in SERVERS:
        decoys.remove(LabServer(server.stack))


@pytest.fixture(scope="module")
def audits(
    decoyed: Mapping[str, Workshop], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, tuple[Outcome, Any]]:
    """Audit both servers at once; return how each audit ended, with its report."""
    folder = tmp_path_factory.mktemp("audits")
    with ThreadPoolExecutor(len(SERVERS)) as pool:
        ended = pool.map(lambda server: audit(decoyed[server.stack], server, folder / f"{server.stack}.json"), SERVERS)
        return {server.stack: one for server, one in zip(SERVERS, ended, strict=True)}


def audit(workshop: Workshop, server: Server, path: Path) -> tuple[Outcome, Any]:
    """Run `slipway audit` from the server's neighbour, after a night."""
    lab = LabServer(server.stack)
    lab.shell(f"{NIGHT} && {LYNIS}")
    lab.wait_for("test -s /var/lib/aide/aide.db", seconds=1800)
    place = ("--from", server.neighbour, "--floor", str(FLOOR), "--output", str(path))
    outcome = workshop.stack.slipway("audit", server.stack, *place)
    return outcome, json.loads(path.read_text())


def reached(server: Server) -> set[str]:
    """Return what the neighbour reaches, of all that anything on the server listens on or Docker publishes."""
    lab, place = LabServer(server.stack), vantage(server.neighbour)
    ports = [(port, port) for port in sorted({*decoys.listening(lab), *DECLARED, decoys.TCP})]
    found = set()
    for version, address in (("IPv4", server.inside), ("IPv6", sixth(server.inside))):
        scan = place.scan(address, ports, [decoys.UDP])
        assert scan.is_alive, f"{address} is out of reach, which is not the same as closed"
        found |= {f"{port}/tcp by {version}" for port in scan.open}
        found |= {f"{port}/udp by {version}" for port, state in scan.udp.items() if state == "answers"}
    container = decoys.address(lab, decoys.ON_LOOPBACK)
    with place.route(container, server.inside):
        if place.scan(container, [(decoys.INSIDE, decoys.INSIDE)]).open:
            found.add(BY_ROUTE)
    return found


def declared() -> set[str]:
    return {f"{port}/tcp by {version}" for port in DECLARED for version in ("IPv4", "IPv6")}


@each_server
def test_only_what_is_declared_is_open_and_nothing_is_below_the_floor(
    audits: Mapping[str, tuple[Outcome, Any]], server: Server
) -> None:
    outcome, report = audits[server.stack]
    assert report["findings"] == [], outcome.output
    assert outcome.code == 0, outcome.output
    (main,) = report["servers"].values()
    assert {one["address"]: tuple(one["open"]) for one in main["addresses"]} == {
        server.inside: DECLARED,
        sixth(server.inside): DECLARED,
    }
    assert {decoys.PUBLISHED, decoys.ON_LOOPBACK} <= {one["name"] for one in main["containers"]}


@pytest.mark.exhaustive
@each_server
def test_what_docker_publishes_is_closed_by_our_table(server: Server) -> None:
    assert reached(server) == declared()
    lab = LabServer(server.stack)
    lab.run("nft", "delete", "table", "inet", "slipway_edge")
    try:
        without = reached(server)
    finally:
        lab.run("systemctl", "reload", "slipway-firewall.service")
    assert without - declared() == {f"{decoys.TCP}/tcp by IPv4", f"{decoys.UDP}/udp by IPv4", BY_ROUTE}
    assert reached(server) == declared()


@pytest.mark.exhaustive
@each_server
def test_what_dockers_proxy_takes_in_by_ipv6_is_closed_by_ufw(server: Server) -> None:
    lab = LabServer(server.stack)
    openings = [f"INPUT -p {protocol} --dport {port} -j ACCEPT" for protocol, port in (("tcp", 8080), ("udp", 8082))]
    for opening in openings:
        lab.shell(f"ip6tables -I {opening}")
    try:
        without = reached(server)
    finally:
        for opening in openings:
            lab.shell(f"ip6tables -D {opening}")
    assert without - declared() == {f"{decoys.TCP}/tcp by IPv6", f"{decoys.UDP}/udp by IPv6"}
    assert reached(server) == declared()


@pytest.mark.exhaustive
@each_server
@pytest.mark.parametrize("event", EVENTS)
def test_it_is_still_so_after(server: Server, event: str) -> None:
    EVENTS[event](server)
    servers.wait_for_login(server)
    shop = Shop(server.stack)
    wait_for(server.container, lambda: shop.ask("/").status == 200)
    assert reached(server) == declared()


@pytest.mark.exhaustive
def test_a_declared_udp_service_answers_and_another_does_not(dev: Workshop) -> None:
    rule = {"port": 8084, "protocol": "udp", "comment": "a service of this test"}
    dev.configure(lambda config: config["slipway:servers"]["main"].update(firewall={"rules": [rule]}))
    dev.stack.up().expect_success()
    server, lab = SERVERS[0], LabServer("dev")
    for port in (8084, 8085):
        lab.run("systemd-run", f"--unit=answering-{port}", "python3", "-c", ANSWERING.format(port=port))
    try:
        place, addresses = vantage(server.neighbour), (server.inside, sixth(server.inside))
        found = [place.scan(address, [], [8084, 8085]).udp for address in addresses]
    finally:
        lab.run("systemctl", "stop", "answering-8084", "answering-8085")
    assert found == [{8084: "answers", 8085: "silent"}] * 2
