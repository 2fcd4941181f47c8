"""A neighbour of each server: its network is what `slipway audit --from` looks from, and nothing else needs it."""

from tests.lab import images
from tests.lab.docker import KEYS_LABEL, docker, running
from tests.lab.keys import fingerprint
from tests.lab.network import joining
from tests.lab.paths import PROJECT
from tests.lab.topology import LABEL, Server


def start_neighbour(server: Server) -> None:
    """Start the neighbour of a server; make it when there is none.

    Each server has its own: what one server holds against whoever tries all its ports, and a route to its containers,
    are none of the other's business.
    """
    made_with = fingerprint()
    if not running(server.neighbour, made_with):
        docker(
            *("run", "--detach", "--init", "--name", server.neighbour, *joining(server.neighbour_inside)),
            *("--label", f"{LABEL}={PROJECT}", "--label", f"{KEYS_LABEL}={made_with}"),
            *("--restart", "unless-stopped", images.base(server.suite), "sleep", "infinity"),
        )
