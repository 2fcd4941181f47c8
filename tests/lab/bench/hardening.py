"""From a bare Debian to a hardened server, beside one plain installation of the same packages."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.lab import servers
from tests.lab.bench.rows import Row, median, ratio, row
from tests.lab.conftest import Workshop
from tests.lab.docker import docker, inspect, remove_quietly
from tests.lab.stack import ROOT, Stack
from tests.lab.topology import Server

NAME = "bare"
SERVERS = (
    Server(NAME, "trixie", "127.0.0.18", "10.214.0.18", "10.214.0.28"),
    Server(NAME, "bookworm", "127.0.0.18", "10.214.0.18", "10.214.0.28"),
)
"""One server at a time, made for this and removed again."""
PLAIN = ("apt-get", "install", "--yes", "--no-install-recommends")
BOOTED = "timeout 120 sh -c 'until systemctl is-active --quiet ssh; do sleep 0.2; done'"
PACKAGE = "host:index:Package"


def rows(dev: Workshop) -> Iterator[Row]:
    """Measure both releases of Debian."""
    for server in SERVERS:
        with tempfile.TemporaryDirectory() as name:
            yield from _measured(server, Path(name), dev)


def _measured(server: Server, folder: Path, dev: Workshop) -> Iterator[Row]:
    with _bare(server), _stack(server, folder, dev) as stack:
        hardened = row(f"bare {server.suite} to hardened", None, lambda: stack.up().expect_success(), runs=1)
        packages = sorted({name.partition(" | ")[0] for name in stack.recorded(PACKAGE)})
    with _bare(server):
        plain = row("one apt-get install of the same packages", None, _installing(server, packages), runs=1)
    yield hardened
    yield plain
    yield ratio(f"bare {server.suite} to hardened, against apt-get", 1.3, median(hardened), median(plain))


def _installing(server: Server, packages: Sequence[str]) -> Callable[[], object]:
    # The client of Debian 12 comes with its engine.
    known = [name for name in packages if server.suite != "bookworm" or name != "docker-cli"]
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive")
    return lambda: docker("exec", server.container, *quiet, *PLAIN, *known)


@contextmanager
def _bare(server: Server) -> Iterator[None]:
    """Have the server as a provider hands it out, and nothing of it afterwards."""
    _remove(server)
    servers.start_server(server)
    try:
        docker("exec", server.container, "sh", "-c", BOOTED)
        yield
    finally:
        _remove(server)


def _remove(server: Server) -> None:
    if inspect("container", server.container):
        docker("rm", "--force", "--volumes", server.container)
    remove_quietly("volume", server.volume)


@contextmanager
def _stack(server: Server, folder: Path, dev: Workshop) -> Iterator[Stack]:
    """Have a stack that declares the server and nothing on it."""
    stack = Stack(NAME, dev.folder, folder / f"Pulumi.{NAME}.yaml")
    yaml = YAML()
    document = yaml.load(ROOT / "Pulumi.dev.yaml")
    document["config"] = {
        name: _moved(value, server) if name == "slipway:servers" else value
        for name, value in document["config"].items()
        if name in {"pulumi:disable-default-providers", "slipway:servers"}
    }
    yaml.dump(document, stack.config)
    (dev.folder / f"{NAME}.yaml").write_text("{}\n")
    _forget(stack)
    stack.manage("init", "--no-select").expect_success()
    try:
        yield stack
    finally:
        _forget(stack)


def _moved(declared: Any, server: Server) -> Any:
    """Point the declaration of the lab's server at the bare one."""
    main = declared["main"]
    main.update(host=server.address, suite=server.suite)
    del main["ssh"]["known_hosts"]
    main["ssh"]["host_key"] = servers.host_key(server)
    return declared


def _forget(stack: Stack) -> None:
    """Drop what is known of a stack, whose server is gone or about to be."""
    stack.manage("rm", "--force", "--yes")
    (ROOT / f"Pulumi.{stack.name}.yaml").unlink(missing_ok=True)
