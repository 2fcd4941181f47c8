"""What people get wrong about servers: one clear message, and nothing changed."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.server import LabServer
from tests.lab.shop import Shop
from tests.lab.stack import Outcome

NOBODY = "127.0.0.99"
"""An address of this machine that no server of the lab has."""


def server_of(config: Any) -> Any:
    return config["slipway:servers"]["main"]


def assert_refused(outcome: Outcome, *words: str) -> None:
    assert outcome.code != 0
    assert "Traceback" not in outcome.output
    for word in words:
        assert word in outcome.output, f"{word!r} is missing in\n{outcome.output}"


@pytest.fixture
def untouched(dev: Workshop) -> Iterator[Workshop]:
    """Return the stack, and see that its server is afterwards what it was before."""
    server = LabServer("dev")
    before = server.footprint()
    yield dev
    assert server.footprint() == before


def test_a_wrong_host_key_is_refused_with_both_keys_named(untouched: Workshop) -> None:
    def wrong(config: Any) -> None:
        ssh = server_of(config)["ssh"]
        del ssh["known_hosts"]
        ssh["host_key"] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH"

    untouched.configure(wrong)
    assert_refused(untouched.stack.up(), "expected SHA256:", "got SHA256:", "127.0.0.11")


@pytest.mark.exhaustive
@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "says nothing"])
def test_a_server_that_does_not_answer_is_named(untouched: Workshop, *, silent: bool) -> None:
    untouched.configure(lambda config: server_of(config).update(host=NOBODY))
    # A connection that is never accepted is open for the caller: the most that a dead server can do.
    listening = socket.create_server((NOBODY, 22)) if silent else contextlib.nullcontext()
    with listening:
        assert_refused(untouched.stack.up(), NOBODY, "deploy")


@pytest.mark.exhaustive
def test_a_refused_sudo_is_named(dev: Workshop) -> None:
    server = LabServer("dev")
    # Else the bootstrap user would be let in, and mend it.
    dev.configure(lambda config: server_of(config)["ssh"].update(bootstrap_user="deploy"))
    server.shell("mv /etc/sudoers.d/slipway-deploy /root/sudoers")
    try:
        assert_refused(dev.stack.up(), "sudo", "deploy")
    finally:
        server.shell("mv /root/sudoers /etc/sudoers.d/slipway-deploy")
    assert Shop("dev").ask("/").status == 200


def test_a_registry_that_refuses_the_login_is_named(dev: Workshop) -> None:
    def wrong(config: Any) -> None:
        config["slipway:registries"]["registry.lab.test:5000"]["username"] = "nobody"

    dev.configure(wrong)
    dev.release("web", "v2")
    LabServer("dev").shell(f"docker image rm --force {dev.images['web']['v2']} >/dev/null 2>&1 || true")
    outcome = dev.stack.up()
    assert_refused(outcome, "registry.lab.test:5000", "login")
    assert Shop("dev").ask("/").release == "v1"


@pytest.mark.parametrize("path", ["/srv/slipway/edge/dynamic"])
def test_a_full_disk_is_named_and_nothing_is_lost(dev: Workshop, path: str) -> None:
    server = LabServer("dev")
    server.shell(f"cp -a {path} /root/kept && mount -t tmpfs -o size=16k full {path} && cp -a /root/kept/. {path}")
    server.shell(f"dd if=/dev/zero of={path}/filler bs=1k count=64 2>/dev/null || true")
    dev.release("web", "v2")
    try:
        assert_refused(dev.stack.up(), "no space left")
        assert Shop("dev").ask("/").release == "v1"
    finally:
        server.shell(f"umount {path}; rm -rf /root/kept")
