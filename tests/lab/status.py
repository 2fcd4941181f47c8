"""`status`: what of the lab is there."""

import json
import os
import shlex
import sys
from urllib.parse import urlsplit

from tests.lab import engine
from tests.lab.docker import inspect
from tests.lab.paths import READY
from tests.lab.topology import (
    ACME_ADDRESS,
    ACME_CONTAINER,
    ACME_PORT,
    GITHUB_ADDRESS,
    GITHUB_CONTAINER,
    GITHUB_PORT,
    REGISTRY_ADDRESS,
    REGISTRY_CONTAINER,
    REGISTRY_PORT,
    SERVERS,
)


def show_status() -> bool:
    """Print a table of the lab's containers; tell whether all of them run."""
    rows = [(server.container, server.address, f"Debian {server.suite}") for server in SERVERS]
    rows.append((REGISTRY_CONTAINER, f"{REGISTRY_ADDRESS}:{REGISTRY_PORT}", "registry"))
    rows.append((ACME_CONTAINER, f"{ACME_ADDRESS}:{ACME_PORT}", "ACME server"))
    rows.append((GITHUB_CONTAINER, f"{GITHUB_ADDRESS}:{GITHUB_PORT}", "GitHub"))
    rows += [(server.neighbour, server.neighbour_inside, "looks from outside") for server in SERVERS]
    states = [_state(container) for container, _, _ in rows]
    for (container, address, what), state in zip(rows, states, strict=True):
        sys.stdout.write(f"{container:<28}{address:<18}{what:<20}{state}\n")
    return set(states) == {"running"}


def show_urls() -> None:
    """Print where the products answer, and how a person looks at them from this machine."""
    for product in json.loads(READY.read_text(encoding="utf-8")):
        host = urlsplit(product["url"]).hostname
        trust = shlex.quote(os.path.relpath(product["ca"]))
        sys.stdout.write(
            f"{product['product']} of {product['stack']}: {product['url']}\n"
            f"  curl --cacert {trust} --resolve {host}:443:{product['address']} {product['url']}/\n"
        )


def _state(container: str) -> str:
    if not engine.answers():
        return "no Docker Engine"
    description = inspect("container", container)
    return "missing" if description is None else str(description["State"]["Status"])
