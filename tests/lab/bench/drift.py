"""The live drift check of one server, beside Ansible's and pyinfra's for the same settings."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.cli.project import find_project, read_stack
from infra.config.resolve_server import overrides, particulars
from infra.profiles import HostSetting, settings
from tests.lab.bench.equivalents import deploy, playbook, wishes
from tests.lab.bench.rows import Row, median, ratio, row
from tests.lab.conftest import Workshop
from tests.lab.paths import KNOWN_HOSTS, SSH_KEY
from tests.lab.server import LabServer
from tests.lab.topology import SERVERS
from tools.command import run

OTHERS = ("ansible-core", "pyinfra")
"""Never a dependency of this project: installed for one run, beside it."""
SERVER = SERVERS[0]
USER = "deploy"
MANY = 1800
"""Seconds that one of the others may take."""


def rows(dev: Workshop) -> Iterator[Row]:
    """Measure all three; ours reads everything that the stack has on the server, not these settings alone."""
    declared = settings_of(dev.stack.name)
    wanted = wishes(declared)
    ours = row("slipway drift dev", None, lambda: dev.stack.slipway("drift", "dev").expect_success())
    yield ours
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = install(folder)
        ansible, inventory = folder / "playbook.yaml", folder / "hosts.yaml"
        ansible.write_text(json.dumps(playbook(wanted)))
        inventory.write_text(json.dumps(ansible_inventory()))
        command: Sequence[str] = (str(programs / "ansible-playbook"), "--check", "-i", str(inventory), str(ansible))
        theirs = row(f"Ansible, --check of {len(wanted)} settings", None, lambda: call(command, folder), runs=1)
        yield theirs
        piped = {"ANSIBLE_PIPELINING": "true"}
        yield row("the same with pipelining", None, lambda: call(command, folder, piped), runs=1)
        deployed, hosts = folder / "deploy.py", folder / "inventory.py"
        deployed.write_text(deploy(wanted))
        hosts.write_text(f"hosts = {[(SERVER.address, pyinfra_data())]!r}\n")
        dry: Sequence[str] = (str(programs / "pyinfra"), "--dry", "--sudo", str(hosts), str(deployed))
        with understood_by_paramiko(LabServer(dev.stack.name)):
            others = row(f"pyinfra, --dry of {len(wanted)} settings", None, lambda: call(dry, folder), runs=1)
        yield others
    yield ratio("drift check, against Ansible", 0.1, median(ours), median(theirs))
    yield ratio("drift check, against pyinfra", 0.25, median(ours), median(others))


def settings_of(stack: str) -> Sequence[HostSetting]:
    """Return the settings of the one server of a stack, as its stack file has them."""
    (server,) = read_stack(find_project(), stack).sections.servers.values()
    return settings(server.profile, server.suite, overrides(server), particulars(server))


def install(folder: Path) -> Path:
    """Install the others from the package index into an environment that is thrown away; return its programs."""
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    programs = folder / "venv" / "bin"
    run(str(programs / "python"), "-m", "pip", "install", "--quiet", *OTHERS)
    return programs


def call(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run one of the others to a good end."""
    home = {"HOME": str(folder), "ANSIBLE_NOCOWS": "true", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["nice", "-n", "10", *command],
        env={**os.environ, **home, **(environment or {})},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MANY,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@contextmanager
def understood_by_paramiko(server: LabServer) -> Iterator[None]:
    """Let pyinfra in for the moment: its SSH library knows none of the key exchanges of a hardened Debian 13."""
    path = "/etc/ssh/sshd_config.d/00-bench.conf"
    server.shell(f"echo KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org > {path} && systemctl reload ssh")
    try:
        yield
    finally:
        server.shell(f"rm {path} && systemctl reload ssh")


def ansible_inventory() -> Mapping[str, object]:
    """Return how Ansible signs in."""
    options = f"-F none -o IdentitiesOnly=yes -o UserKnownHostsFile={KNOWN_HOSTS}"
    host = {
        "ansible_host": SERVER.address,
        "ansible_user": USER,
        "ansible_ssh_private_key_file": str(SSH_KEY),
        "ansible_ssh_common_args": options,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    return {"all": {"hosts": {"server": host}}}


def pyinfra_data() -> Mapping[str, str]:
    """Return how pyinfra signs in."""
    return {"ssh_user": USER, "ssh_key": str(SSH_KEY), "ssh_known_hosts_file": str(KNOWN_HOSTS)}
