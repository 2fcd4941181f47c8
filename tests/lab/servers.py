"""The lab's Debian servers."""

import time
from collections.abc import Sequence

from tests.lab.docker import KEYS_LABEL, Content, docker, flags, inspect, put, remove_quietly, running
from tests.lab.images import INPUTS_LABEL, server
from tests.lab.keys import fingerprint, write
from tests.lab.network import joining
from tests.lab.paths import KNOWN_HOSTS, PROJECT, SSH_KEY
from tests.lab.topology import LABEL, SERVERS, Server
from tools.command import SetupError, run
from tools.progress import say

CAPABILITIES = (
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "BLOCK_SUSPEND",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_BROADCAST",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_TTY_CONFIG",
    "SYSLOG",
    "WAKE_ALARM",
)
"""What systemd and Docker need inside; without SYS_TIME, because the clock is the machine's."""
PORTS = (22, 80, 443)
LOGIN_SECONDS = 600
USERS = ("root", "deploy")
"""Who may sign in: root on a fresh server, Slipway's user when root no longer may."""


def start_server(server_: Server) -> None:
    """Start a server; make it when there is none."""
    made_with = fingerprint()
    if running(server_.container, made_with):
        _mention_newer_image(server_)
        return
    remove_quietly("volume", server_.volume)
    docker("volume", "create", "--label", f"{LABEL}={PROJECT}", server_.volume)
    version = docker("info", "--format", "{{.CgroupVersion}}").strip()
    docker(
        "create",
        "--label",
        f"{KEYS_LABEL}={made_with}",
        *_options(server_),
        *_legacy_options(version),
        server(server_.suite).tag,
        *_init(server_, version),
    )
    keys = Content(SSH_KEY.with_suffix(".pub").read_text(encoding="utf-8"), 0o600)
    put(server_.container, {"/root/.ssh/authorized_keys": keys})
    docker("start", server_.container)
    say(f"{server_.container} boots (Debian {server_.suite}, {server_.address})")


def wait_for_login(server_: Server) -> None:
    """Wait until a person can sign in; never by bare TCP probes, which Debian 13's sshd punishes.

    Raises:
        SetupError: Nobody could sign in for ten minutes.
    """
    deadline = time.monotonic() + LOGIN_SECONDS
    answer = ""
    while time.monotonic() < deadline:
        for user in USERS:
            try:
                run(*ssh(server_, user), "true", timeout=90)
            except SetupError as error:
                answer = str(error)
            else:
                return
            if "Permission denied" not in answer:
                break
        time.sleep(0.5)
    message = f"Nobody can sign in to {server_.container} ({server_.address}): {answer}"
    raise SetupError(message)


def ssh(server_: Server, user: str) -> Sequence[str]:
    """Build the command that runs something on a server, signed in with the lab's key."""
    options = ("BatchMode=yes", "ConnectTimeout=60", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes")
    files = (f'UserKnownHostsFile="{KNOWN_HOSTS}"', "GlobalKnownHostsFile=none", f'IdentityFile="{SSH_KEY}"')
    return ("ssh", "-F", "none", *flags("-o", options + files), f"{user}@{server_.address}")


def write_known_hosts() -> None:
    """Write the host keys that the servers made when they first booted."""
    write(KNOWN_HOSTS, "".join(f"{server_.address} {host_key(server_)}\n" for server_ in SERVERS))


def host_key(server_: Server) -> str:
    """Fetch the key by Docker, so that it is known rather than trusted at first sight."""
    deadline = time.monotonic() + LOGIN_SECONDS
    while True:
        try:
            line = docker("exec", server_.container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
            return " ".join(line.split()[:2])
        except SetupError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.3)


def _options(server_: Server) -> list[str]:
    """List how the server's container differs from an ordinary one."""
    options = ["--name", server_.container, "--hostname", server_.stack, "--label", f"{LABEL}={PROJECT}"]
    options += [*joining(server_.inside), *flags("--network-alias", server_.domains)]
    options += flags("--publish", (f"{server_.address}:{port}:{port}" for port in PORTS))
    options += ["--restart", "unless-stopped", "--stop-timeout", "60"]
    options += flags("--cap-add", CAPABILITIES)
    options += flags("--security-opt", ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"))
    options += ["--device-cgroup-rule", "a *:* rwm", *flags("--tmpfs", ("/run", "/run/lock"))]
    options += ["--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host"]
    return [*options, "--volume", f"{server_.volume}:/var/lib/docker"]


def _legacy_options(cgroup_version: str) -> list[str]:
    """Let a new systemd run on control groups of the first version, which it refuses unless forced."""
    return ["--env", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"] if cgroup_version == "1" else []


def _init(server_: Server, cgroup_version: str) -> list[str]:
    legacy = cgroup_version == "1" and server_.suite != "bookworm"
    return ["systemd.unified_cgroup_hierarchy=0"] if legacy else []


def _mention_newer_image(server_: Server) -> None:
    """Say when a server was made from an older image; it keeps its data until a person lets go of it."""
    container = inspect("container", server_.container)
    image = inspect("image", server(server_.suite).tag)
    labels = [
        (described or {}).get("Config", {}).get("Labels", {}).get(INPUTS_LABEL) for described in (container, image)
    ]
    if labels[0] != labels[1]:
        say(f"{server_.container} was made from an older image; `make down` and `make lab` renew it")
