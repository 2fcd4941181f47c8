"""A lab server as root sees it, for looking at what Slipway did and for breaking it."""

import shlex
import subprocess
from dataclasses import dataclass

from tests.lab import topology
from tests.lab.servers import ssh


@dataclass(frozen=True, slots=True)
class LabServer:
    """One of the lab's servers."""

    stack: str

    @property
    def described(self) -> topology.Server:
        """Return its names and addresses."""
        return next(server for server in topology.SERVERS if server.stack == self.stack)

    def run(self, *command: str) -> str:
        """Run a program on the server and return what it printed."""
        return _printed("docker", "exec", self.described.container, *command)

    def begin(self, script: str) -> None:
        """Start a shell script on the server and leave it to itself."""
        _printed("docker", "exec", "--detach", self.described.container, "sh", "-ec", script)

    def sign_in(self) -> None:
        """Sign in by a connection of its own as the deploy user, and become root.

        Raises:
            subprocess.CalledProcessError: it is refused.
        """
        _printed(*ssh(self.described, "deploy"), "sudo -n true")

    def cut_power(self) -> None:
        """End everything on the server at once, and boot it."""
        _printed("docker", "kill", self.described.container)
        _printed("docker", "start", self.described.container)
        self.wait_for("systemctl is-active --quiet ssh docker", seconds=300)

    def shell(self, script: str) -> str:
        """Run a shell script on the server."""
        return self.run("sh", "-ec", script)

    def wait_for(self, condition: str, *, seconds: int) -> None:
        """Wait until a shell condition holds on the server.

        Raises:
            subprocess.CalledProcessError: it does not in time.
        """
        self.shell(f"timeout {seconds} sh -c {shlex.quote(f'until {condition}; do sleep 1; done')}")

    def containers(self, *, everything: bool = True) -> set[str]:
        """Return the names of the containers on the server."""
        every = ["--all"] if everything else []
        return set(self.run("docker", "ps", *every, "--format", "{{.Names}}").split())

    def networks(self) -> set[str]:
        """Return the names of the networks on the server, without Docker's own."""
        return set(self.run("docker", "network", "ls", "--format", "{{.Name}}").split()) - {"bridge", "host", "none"}

    def footprint(self) -> str:
        """Return what Slipway may change: containers by id, and every file of its folders by its sum."""
        folders = "/srv/slipway /etc/slipway /etc/docker /etc/sudoers.d /home/deploy/.ssh"
        return self.shell(f"docker ps --all --quiet --no-trunc; find {folders} -type f -exec sha256sum {{}} + | sort")


def _printed(*command: str) -> str:
    """Run a program and return what it printed."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
