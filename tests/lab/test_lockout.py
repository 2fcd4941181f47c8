"""No change locks its owner out: what would is refused, or put back byte for byte."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import Workshop
from tests.lab.moments import before
from tests.lab.server import LabServer

SERVER = LabServer("dev")
GATEWAY = "10.214.0.1"
"""Where a lab server sees the machine that runs the lab."""
STRANGER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vHoCPYJlJ4Jg0EEBbDHhTmm2qR6XfAlPRSnmsyyHH stranger"
WAYS_IN = "/etc/ssh /etc/sudoers /etc/sudoers.d /etc/ufw /etc/default/ufw /home/deploy/.ssh /etc/shadow /etc/group"


def ways_in() -> str:
    """Return what decides who gets in: every file by name, mode, owner and sum."""
    listed = f"find {WAYS_IN} -exec stat --format '%n %a %U %G' {{}} + | sort"
    return SERVER.shell(f"{listed}; find {WAYS_IN} -type f -exec sha256sum {{}} + | sort")


@pytest.fixture
def guarded(dev: Workshop) -> Iterator[Workshop]:
    """Return the stack, and see that afterwards the same people get in by the same files."""
    before = ways_in()
    yield dev
    assert ways_in() == before
    assert SERVER.shell("ls /var/lib/slipway/rescue").split() == ["lock", "put_back.py"], "a trial is still on"


def server_of(config: Any) -> Any:
    return config["slipway:servers"]["main"]


def refuse_deploy(config: Any) -> None:
    override = {"value": "nobody", "reason": "a mistake that somebody could make"}
    server_of(config)["overrides"].update({"ssh/AllowGroups": override})


def test_a_list_of_keys_without_ours_is_put_back(guarded: Workshop) -> None:
    guarded.configure(lambda config: server_of(config).update(admin_keys=[STRANGER]))
    outcome = guarded.stack.up()
    assert outcome.code != 0
    assert "put back" in outcome.output, outcome.output


def test_an_sshd_that_refuses_the_deploy_user_is_put_back(guarded: Workshop) -> None:
    guarded.configure(refuse_deploy)
    outcome = guarded.stack.up()
    assert outcome.code != 0
    assert "put back" in outcome.output, outcome.output


def test_a_firewall_that_would_cut_the_connection_in_use_is_refused(guarded: Workshop) -> None:
    guarded.configure(lambda config: server_of(config).update(firewall={"ssh_from": ["198.51.100.0/24"]}))
    outcome = guarded.stack.up()
    assert outcome.code != 0
    assert (
        "servers.main.firewall.ssh_from: refused before anything was touched, because it would cut the connection in "
        f"use: 127.0.0.11 sees this run come from {GATEWAY} to port 22, and would not let that in again. "
        f"Add {GATEWAY}, or a network that it is in"
    ) in outcome.output, outcome.output


def test_a_run_killed_while_it_changes_sshd_leaves_the_way_in(guarded: Workshop, tmp_path: Path) -> None:
    guarded.configure(refuse_deploy)
    guarded.stack.kill_when(before("update", "host:index:SshConfig"), tmp_path / "events.json", plugins=True)
    SERVER.wait_for("! ls /var/lib/slipway/rescue | grep -v -e lock -e put_back.py", seconds=140)
    guarded.stack.slipway("unlock", "dev").expect_success()
