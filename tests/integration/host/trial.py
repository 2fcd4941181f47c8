"""An agent with its trials, sudo rules and locks in a folder, and programs that only log how they are called."""

import re
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.host.agent_process import Agent
from tests.unit.host.conftest import lines

FORMER = "deploy ALL=(ALL) NOPASSWD: ALL\n"
CHANGED = "nobody ALL=(ALL) NOPASSWD: ALL\n"


class Server:
    """What an agent finds and leaves."""

    def __init__(self, folder: Path, command: Callable[..., Path]) -> None:
        self.folder = folder
        self.trials = folder / "rescue"
        self.rules = folder / "sudoers.d"
        self.rules.mkdir()
        self.visudo = command("visudo")
        self.timers = command("systemd-run")
        self.units = command("systemctl")
        self.bans = command("fail2ban-client")

    @property
    def places(self) -> dict[str, str]:
        """Where things are on this server."""
        return {
            "RESCUE": str(self.trials),
            "SUDOERS": str(self.rules),
            "LOCKS": str(self.folder / "locks"),
            "UNITS": str(self.folder / "units"),
        }

    def agent(self) -> Agent:
        """Start an agent."""
        return Agent(self.places)

    def rule(self, name: str = "slipway-deploy") -> Path:
        """Return the file of a rule."""
        return self.rules / name

    def put_rule(self, name: str = "slipway-deploy") -> None:
        """Have a rule as it was before."""
        self.rule(name).write_text(FORMER)
        self.rule(name).chmod(0o440)

    def has_rule_as_before(self, name: str = "slipway-deploy") -> bool:
        """Tell whether a rule is as it was, byte for byte and with its mode."""
        status = self.rule(name).stat()
        return self.rule(name).read_text() == FORMER and stat.S_IMODE(status.st_mode) == 0o440

    def is_on_trial(self) -> bool:
        """Tell whether a change waits for confirmation."""
        return (self.trials / "pending").exists()

    def fire_timer(self) -> None:
        """Start what the last timer starts."""
        _run([word for word in shlex.split(lines(self.timers)[-1]) if not word.startswith("--")])

    def boot(self) -> None:
        """Start what the unit starts at boot."""
        unit = (self.folder / "units" / "slipway-rescue.service").read_text()
        _run(shlex.split(re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)[0]))


def change(agent: Agent, *, number: int = 1, name: str = "slipway-deploy", content: str = CHANGED) -> Any:
    """Ask for another rule and return what the agent says to it first."""
    agent.say(id=number, op="apply", kind="SudoersFile", want={"name": name, "content": content})
    return agent.hear()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
