"""No change locks its owner out: what would is refused, or put back byte for byte."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from tests.lab.conftest import Workshop, Workshops
from tests.lab.moments import before
from tests.lab.server import LabServer
from tests.lab.stack import Outcome, descendants
from tests.lab.trial import DROP_IN, ENDED, held, hold, release, seconds_held, sshd_has_read

SERVER = LabServer("dev")
GATEWAY = "10.214.0.1"
"""Where a lab server sees the machine that runs the lab."""
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH stranger"
WAYS_IN = "/etc/ssh /etc/sudoers /etc/sudoers.d /etc/ufw /etc/default/ufw /home/deploy/.ssh /etc/shadow /etc/group"
BY_HAND = "/etc/ssh/sshd_config.d/50-mine.conf"
PATIENCE_SECONDS = 600
PROMISED_SECONDS = 140
"""What the runbook `lost-access` says; a machine that stands still takes longer, and the report tells how long."""
SSH_CONFIG = before("update", "host:index:SshConfig")
NOBODY = "AllowGroups nobody"
AGENT = "^python3 -I -u -c"
"""How the command line of Slipway's agent begins."""
AGENT_BY_SSH = re.compile(rb"ssh\0.*python3 -I -u -c.*", re.DOTALL)


def ways_in(server: LabServer) -> str:
    """Return what decides who gets in: every file by name, mode, owner and sum."""
    listed = f"find {WAYS_IN} -exec stat --format '%n %a %U %G' {{}} + | sort"
    return server.shell(f"{listed}; find {WAYS_IN} -type f -exec sha256sum {{}} + | sort")


def server_of(config: Any) -> Any:
    return config["slipway:servers"]["main"]


def overriding(**values: str) -> Callable[[Any], None]:
    """Return what overrides settings, `ssh_Ciphers` being `ssh/Ciphers`."""
    said = {
        name.replace("_", "/"): {"value": value, "reason": "a mistake that somebody could make"}
        for name, value in values.items()
    }
    return lambda config: server_of(config)["overrides"].update(said)


refuse_deploy = overriding(ssh_AllowGroups="nobody")


def assert_failed(outcome: Outcome, *words: str) -> None:
    assert outcome.code != 0
    assert "Traceback" not in outcome.output
    for word in words:
        assert word in outcome.output, f"{word!r} is missing in\n{outcome.output}"


def wait_for_the_end(server: LabServer) -> None:
    """Wait until no change is on trial any more."""
    try:
        server.wait_for(ENDED, seconds=PATIENCE_SECONDS)
    except CalledProcessError:
        pytest.fail(f"still on trial after {PATIENCE_SECONDS} s; access is promised back within {PROMISED_SECONDS} s")


@dataclass(slots=True)
class Guarded:
    """The stack, and when the way in was closed."""

    workshop: Workshop
    since: float

    def up(self, change: Callable[[Any], None], *arguments: str) -> Outcome:
        """Bring the server to what a changed stack file says."""
        self.workshop.configure(change)
        self.since = time.monotonic()
        return self.workshop.stack.up(*arguments)


@pytest.fixture(scope="module")
def abandoned(workshops: Workshops, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Leave the other server with a change that nobody will confirm or undo, and with us banned.

    It takes as long as the timer: begun first, looked at last, and left out where nobody looks at it.
    """
    workshop, server = workshops["test"], LabServer("test")
    workshop.settle()
    former = ways_in(server)
    log = tmp_path_factory.mktemp("abandoned") / "events.json"
    workshop.configure(refuse_deploy)
    hold(server, sshd_has_read(NOBODY), then=f"pkill -KILL -f '{AGENT}'; fail2ban-client set sshd banip {GATEWAY}")
    workshop.stack.kill_when(held(server, SSH_CONFIG), log, plugins=True)
    # At once: the timer undoes it after a while.
    assert NOBODY in server.run("cat", DROP_IN), "somebody was left who undid it"
    release(server)
    workshop.stack.slipway("unlock", "test").expect_success()
    yield former
    server.shell(f"fail2ban-client unban {GATEWAY}")


@pytest.fixture(scope="module")
def settled(request: pytest.FixtureRequest, workshops: Workshops) -> Workshop:
    """Return the stack that all attempts are made on: each leaves the server as it was."""
    # The timer of the abandoned change runs while the others are tried, rather than after them.
    if any("abandoned" in getattr(test, "fixturenames", ()) for test in request.session.items):
        request.getfixturevalue("abandoned")
    workshops["dev"].settle()
    return workshops["dev"]


@pytest.fixture
def access_back(
    request: pytest.FixtureRequest, record_testsuite_property: Callable[[str, object], None]
) -> Callable[[float], None]:
    """Return a function that puts the seconds until access was back into the report (`--junitxml`)."""
    return lambda seconds: record_testsuite_property(request.node.name, round(seconds, 1))


@pytest.fixture
def guarded(settled: Workshop, access_back: Callable[[float], None]) -> Iterator[Guarded]:
    """Return the stack, and see that afterwards the same people get in by the same files."""
    former = ways_in(SERVER)
    found = Guarded(settled, time.monotonic())
    yield found
    release(SERVER)
    wait_for_the_end(SERVER)
    SERVER.sign_in()
    access_back(time.monotonic() - found.since)
    assert ways_in(SERVER) == former


@pytest.fixture
def by_hand() -> Iterator[Callable[[str], None]]:
    """Return a function that writes a drop-in of sshd by hand, and does not have sshd read it."""

    def write(text: str) -> None:
        SERVER.shell(f"echo '{text}' > {BY_HAND}")

    yield write
    SERVER.shell(f"rm -f {BY_HAND}")


def test_a_firewall_that_would_cut_the_connection_in_use_is_refused(guarded: Guarded) -> None:
    outcome = guarded.up(lambda config: server_of(config).update(firewall={"ssh_from": ["198.51.100.0/24"]}))
    assert_failed(
        outcome,
        "servers.main.firewall.ssh_from: refused before anything was touched, because it would cut the connection in "
        f"use: 127.0.0.11 sees this run come from {GATEWAY} to port 22, and would not let that in again. "
        f"Add {GATEWAY}, or a network that it is in",
    )


@pytest.mark.exhaustive
def test_a_port_that_nobody_listens_on_is_refused(guarded: Guarded) -> None:
    outcome = guarded.up(lambda config: server_of(config)["ssh"].update(port=2222))
    assert_failed(outcome, "servers.main: 127.0.0.11 (port 2222) does not answer to user deploy")


@pytest.mark.exhaustive
def test_a_list_of_keys_without_ours_is_put_back(guarded: Guarded) -> None:
    outcome = guarded.up(lambda config: server_of(config).update(admin_keys=[STRANGER]))
    assert_failed(outcome, "127.0.0.11 refused the login of deploy; put back: /home/deploy/.ssh/authorized_keys")


def test_sshd_and_sudo_that_refuse_the_deploy_user_are_put_back(guarded: Guarded) -> None:
    outdated = overriding(ssh_KexAlgorithms="diffie-hellman-group1-sha1", sudoers_defaults="Defaults requiretty\n")
    outcome = guarded.up(outdated, "--continue-on-error")
    assert_failed(
        outcome,
        "no matching key exchange method found",
        "put back: /etc/ssh/sshd_config.d/00-slipway.conf",
        "127.0.0.11 refused sudo to deploy",
        "put back: /etc/sudoers.d/slipway-defaults",
    )


@pytest.mark.exhaustive
def test_what_sshd_and_sudo_cannot_read_is_refused(guarded: Guarded) -> None:
    mistyped = overriding(ssh_MaxAuthTries="many", sudoers_defaults="deploy ALL=(ALL NOPASSWD: ALL\n")
    outcome = guarded.up(mistyped, "--continue-on-error")
    assert_failed(
        outcome,
        "sshd on 127.0.0.11 refuses the configuration, which was left as it is",
        "sudo on 127.0.0.11 refuses /etc/sudoers.d/slipway-defaults, which was not written",
    )
    assert "put back" not in outcome.output


@pytest.mark.exhaustive
def test_what_somebody_broke_by_hand_is_named_and_not_read(guarded: Guarded, by_hand: Callable[[str], None]) -> None:
    by_hand("Nonsense yes")
    assert_failed(guarded.up(lambda _: None), f"{BY_HAND}: line 1: Bad configuration option: Nonsense")
    by_hand("AllowUsers nobody")
    assert_failed(
        guarded.up(overriding(ssh_MaxSessions="12")), f"keep deploy out as soon as it does: allowusers in {BY_HAND}"
    )


@pytest.mark.exhaustive
def test_a_rule_that_somebody_deletes_meanwhile_is_put_back(guarded: Guarded) -> None:
    rule = {"port": 8443, "comment": "another"}
    hold(SERVER, "grep -q 8443 /etc/ufw/user6.rules", then="ufw --force delete allow 22/tcp")
    outcome = guarded.up(lambda config: server_of(config).update(firewall={"rules": [rule]}))
    assert_failed(outcome, "put back: /etc/ufw/user.rules")


def test_a_run_killed_while_it_changes_sshd_leaves_the_way_in(guarded: Guarded, tmp_path: Path) -> None:
    stack = guarded.workshop.stack
    guarded.workshop.configure(refuse_deploy)
    hold(SERVER, sshd_has_read(NOBODY))
    stack.kill_when(held(SERVER, SSH_CONFIG), tmp_path / "events.json", plugins=True)
    guarded.since = time.monotonic()
    stack.slipway("unlock", "dev").expect_success()


@pytest.mark.exhaustive
def test_a_connection_that_drops_while_sshd_changes_leaves_the_way_in(guarded: Guarded, tmp_path: Path) -> None:
    def drop(run: int) -> None:
        guarded.since = time.monotonic()
        for process in descendants(run):
            with suppress(OSError):
                if AGENT_BY_SSH.fullmatch(Path(f"/proc/{process}/cmdline").read_bytes()):
                    os.kill(process, signal.SIGKILL)

    guarded.workshop.configure(refuse_deploy)
    hold(SERVER, sshd_has_read(NOBODY))
    outcome = guarded.workshop.stack.interfere_when(held(SERVER, SSH_CONFIG), tmp_path / "events.json", drop)
    assert_failed(
        outcome,
        "the connection to 127.0.0.11 was lost before it answered; "
        "what it had changed of SshConfig 00-slipway is put back there within 100 s",
    )


@pytest.mark.exhaustive
def test_a_power_cut_while_sshd_changes_leaves_the_way_in(guarded: Guarded, tmp_path: Path) -> None:
    def cut(_: int) -> None:
        guarded.since = time.monotonic()
        SERVER.cut_power()

    guarded.workshop.configure(refuse_deploy)
    hold(SERVER, sshd_has_read(NOBODY))
    outcome = guarded.workshop.stack.interfere_when(held(SERVER, SSH_CONFIG), tmp_path / "events.json", cut)
    assert_failed(outcome, "what it had changed of SshConfig 00-slipway is put back there within 100 s")


@pytest.mark.exhaustive
def test_a_change_that_everybody_has_abandoned_is_put_back_and_our_ban_is_lifted(
    abandoned: str, access_back: Callable[[float], None]
) -> None:
    server = LabServer("test")
    wait_for_the_end(server)
    server.sign_in()
    access_back(seconds_held(server))
    assert ways_in(server) == abandoned
