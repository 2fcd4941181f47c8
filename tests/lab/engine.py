"""The machine's Docker Engine: found, installed or started, with a clear word when neither may be done."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests import debian
from tests.lab.docker import docker
from tools.command import SetupError, run, succeeds
from tools.progress import say, step

DEBIAN_PACKAGES = {"dockerd": "docker.io", "docker": "docker-cli", "debootstrap": "debootstrap"}
"""Programs the lab needs on Debian, and the packages that carry them."""
OTHER_PROGRAMS = ("openssl", "ssh", "ssh-keygen", "unshare")
PID_FILES = {"dockerd": Path("/var/run/docker.pid"), "containerd": Path("/var/run/docker/containerd/containerd.pid")}
"""Program of the engine, and the file with the number of its process; the second one is started by the first."""
LOG = Path("/var/log/slipway-lab-dockerd.log")
SYSTEMD = Path("/run/systemd/system")
"""Is there where systemd runs the machine."""
START_SECONDS = 300
"""An engine that was killed first tidies up, and starts every container that ran then."""


def ensure_engine() -> None:
    """Make sure that an engine answers and that the programs to build images are there.

    Raises:
        SetupError: Something is missing that may not be installed or started here.
    """
    if missing := [program for program in OTHER_PROGRAMS if not shutil.which(program)]:
        message = f"Missing on this machine: {', '.join(missing)}. Install them and try again."
        raise SetupError(message)
    alive = answers()
    needed = ["debootstrap"] if alive else ["debootstrap", "dockerd", "docker"]
    missing = [program for program in needed if not _find(program)]
    if os.geteuid() != 0:
        wanted = missing or ([] if alive else ["a running Docker Engine that you may use"])
        _refuse(f"This lacks {', '.join(wanted)}" if wanted else "debootstrap builds Debian as root only")
    if missing:
        _install(missing)
    if not alive:
        _start()


def answers() -> bool:
    """Tell whether an engine answers."""
    return succeeds("docker", "info")


def is_there() -> bool:
    """Tell whether there is an engine; one that is installed and dead is started."""
    if answers():
        return True
    if _find("dockerd") is None or os.geteuid() != 0:
        return False
    _start()
    return True


def _refuse(why: str) -> None:
    message = (
        f"{why}. The lab runs as root: use `sudo make lab`, or install Docker Engine and debootstrap "
        "(Debian: `apt-get install docker.io debootstrap`)."
    )
    raise SetupError(message)


def _find(program: str) -> str | None:
    """Find a program, also where only root's PATH leads."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")


def _install(programs: list[str]) -> None:
    """Install what is missing from Debian's archive."""
    if not shutil.which("apt-get"):
        message = (
            f"Missing on this machine: {', '.join(programs)}. This is no Debian: install Docker Engine and debootstrap."
        )
        raise SetupError(message)
    with step(f"Installing {', '.join(programs)} from Debian"):
        debian.update()
        packages = {DEBIAN_PACKAGES[program] for program in programs}
        # Before Debian 13 docker.io carries the client too, and there is no package docker-cli.
        if "docker-cli" in packages and not succeeds("apt-cache", "show", "docker-cli"):
            packages = packages - {"docker-cli"} | {"docker.io"}
        debian.install({*packages, "iptables"})


def _start() -> None:
    """Start the engine, by systemd where that runs the machine."""
    if host := os.environ.get("DOCKER_HOST"):
        message = f"No Docker Engine answers at {host}, which DOCKER_HOST names."
        raise SetupError(message)
    with step("Starting Docker Engine"):
        if SYSTEMD.is_dir():
            run("systemctl", "start", "docker")
            _wait(lambda: False)
            return
        # Its package may have started it just now, or it stands still for a moment: a second one would only end.
        _wait((lambda: False) if _is_alive() else _spawn(_find("dockerd") or "dockerd"))


def _spawn(program: str) -> Callable[[], bool]:
    """Start a program that outlives this one, and return what tells whether it has ended.

    `subprocess` would warn of it: there a child is somebody's to wait for. In a session of its own Ctrl-C, which ends
    what was asked for, leaves it running.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(LOG), flags, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    pid = os.posix_spawn(program, [program], os.environ, file_actions=streams, setsid=True)
    return lambda: os.waitpid(pid, os.WNOHANG)[0] == pid


def _is_alive() -> bool:
    """Tell whether there is an engine; the numbers of one that is gone are removed.

    A new one refuses to start when another process has its number now, and kills whoever has that of its containerd.
    """
    alive = set()
    for program, path in PID_FILES.items():
        if path.exists():
            command = Path("/proc") / path.read_text(encoding="ascii").strip() / "comm"
            if command.is_file() and command.read_text(encoding="utf-8").strip() == program:
                alive.add(program)
            else:
                path.unlink()
    return "dockerd" in alive


def _wait(has_ended: Callable[[], bool]) -> None:
    """Wait until the engine answers.

    Raises:
        SetupError: It has ended, or does not answer after five minutes.
    """
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if has_ended() or time.monotonic() > deadline:
            last = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-15:] if LOG.exists() else []
            message = "\n".join(["Docker Engine does not start here. Its last words:", *last])
            raise SetupError(message)
        time.sleep(0.5)
    say(f"Docker Engine {docker('version', '--format', '{{.Server.Version}}').strip()} answers")
