"""`up`: everything the lab consists of, brought to where it should be."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from tests.lab import engine, images, registry, servers
from tests.lab.acme import fetch_root, start_acme
from tests.lab.catalogue import write_catalogue
from tests.lab.checkouts import make_way
from tests.lab.github import start_github
from tests.lab.images import ACME, GITHUB, PUSHED, REGISTRY, Image
from tests.lab.keys import make_keys
from tests.lab.neighbour import start_neighbour
from tests.lab.network import ensure_network
from tests.lab.paths import BUILD
from tests.lab.topology import SERVERS, Server
from tools.progress import say

BUILDERS = 2
"""Images built at once; more compete for the same disk and mirror."""


def bring_up() -> None:
    """Bring the lab up; what is there already is kept."""
    BUILD.mkdir(parents=True, exist_ok=True)
    engine.ensure_engine()
    make_way()
    make_keys()
    with ThreadPoolExecutor(BUILDERS) as pool:
        _finish(pool.map(images.build_base, dict.fromkeys(server.suite for server in SERVERS)))
        others = [images.server(server.suite) for server in SERVERS] + [REGISTRY, ACME, GITHUB]
        _finish(pool.map(_build_group, _grouped([*others, *PUSHED])))
        ensure_network()
        started = [pool.submit(start) for start in (registry.start_registry, start_acme, start_github)]
        for server in SERVERS:
            servers.start_server(server)
            start_neighbour(server)
        _finish(future.result() for future in started)
        references = list(pool.map(registry.push, PUSHED))
        servers.write_known_hosts()
        _finish(pool.map(_wait_for, SERVERS))
    fetch_root()
    catalogue: dict[str, dict[str, str]] = {}
    for image, reference in zip(PUSHED, references, strict=True):
        catalogue.setdefault(image.name, {})[image.release] = reference
    write_catalogue(catalogue)
    say("The lab is up")


def _wait_for(server: Server) -> None:
    servers.wait_for_login(server)
    say(f"{server.container} ({server.address}, Debian {server.suite}) lets people in")


def _grouped(wanted: Iterable[Image]) -> list[list[Image]]:
    """Group images that share their first layers: built one after another, the layers are built once."""
    return [list(group) for _, group in groupby(wanted, key=lambda image: (image.suite, image.folder))]


def _build_group(group: Iterable[Image]) -> None:
    for image in group:
        images.build(image)


def _finish(results: Iterable[object]) -> None:
    """Wait for all results, so that the first failure is raised."""
    for _ in results:
        pass
