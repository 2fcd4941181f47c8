"""Containers that somebody started by hand on a lab server, with ports published as Docker does it: past UFW."""

from collections.abc import Sequence

from tests.lab.server import LabServer

PUBLISHED = "decoy-published"
ON_LOOPBACK = "decoy-on-loopback"
TCP = 8080
"""Published to everyone."""
UDP = 8082
"""Published to everyone."""
INSIDE = 8000
"""TCP port that both listen on, at their own addresses."""
_PORTS = {PUBLISHED: (f"{TCP}:{INSIDE}", f"{UDP}:8001/udp"), ON_LOOPBACK: (f"127.0.0.1:8081:{INSIDE}",)}
_ANSWERING = f"""
import socket, threading
streams = socket.create_server(("", {INSIDE}))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("", 8001))
def take():
    while True:
        streams.accept()[0].close()
threading.Thread(target=take).start()
while True:
    datagrams.sendto(b"here", datagrams.recvfrom(16)[1])
"""


def start(server: LabServer, image: str) -> None:
    """Start them, from an image with Python that the server has; they come back after a reboot."""
    remove(server)
    for name, ports in _PORTS.items():
        published = [word for port in ports for word in ("--publish", port)]
        settings = ("--detach", "--init", "--restart", "unless-stopped", "--entrypoint", "python3")
        server.run("docker", "run", "--name", name, *settings, *published, image, "-c", _ANSWERING)


def remove(server: LabServer) -> None:
    """Remove them."""
    server.run("docker", "rm", "--force", *_PORTS)


def address(server: LabServer, name: str) -> str:
    """Return the address that a decoy has on its server; another one after a reboot."""
    return server.run("docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", name).strip()


def listening(server: LabServer) -> Sequence[int]:
    """Return every TCP port of a server that something listens on; Docker's proxy does on each published one."""
    lines = server.run("ss", "--no-header", "--tcp", "--listening", "--numeric").splitlines()
    return sorted({int(line.split()[3].rpartition(":")[2]) for line in lines})
