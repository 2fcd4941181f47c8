"""A server that is this machine: an `ssh` that starts the agent here, with everything it changes below one folder."""

import os
import sys
import time
from pathlib import Path

import pytest

from infra.host.agent import places
from infra.host.plugin.values import Properties

RULE = "slipway-deploy"
FORMER = "deploy ALL=(ALL) NOPASSWD: ALL\n"
CHANGED = "nobody ALL=(ALL) NOPASSWD: ALL\n"
TRIES = 1200
"""Looks, a tenth of a second apart, until what is waited for counts as missing."""
REFUSE = "echo 'deploy@server.test: Permission denied (publickey).' >&2; exit 255"

# Whoever knocks is let in, or not, by a script; whoever starts the agent gets it with its places below the folder.
_SSH = """
import json, os, shlex, subprocess, sys, threading
from pathlib import Path
folder, command = Path(sys.argv[1]), shlex.split(sys.argv[-1])
if command[-1] == "true":
    with (folder / "knocks").open("a") as knocks:
        knocks.write(sys.argv[-1] + "\\n")
    os.execvp("sh", ["sh", "-c", (folder / "knock.sh").read_text()])
greeting = json.loads(sys.stdin.buffer.readline())
greeting["modules"]["infra.host.agent.places"] += (folder / "places.py").read_text()
words = [sys.executable, *command[command.index("python3") + 1:]]
(folder / "ssh.pid").write_text(str(os.getpid()))
with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
    answers = iter(lambda: agent.stdout.read1(65536), b"")
    threading.Thread(target=lambda: [os.write(1, data) for data in answers]).start()
    agent.stdin.write(json.dumps(greeting).encode() + b"\\n")
    agent.stdin.flush()
    while data := os.read(0, 65536):
        agent.stdin.write(data)
        agent.stdin.flush()
    agent.stdin.close()
"""


class ServerHere:
    """What is on the server, and who gets in."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.rule = folder / "sudoers.d" / RULE
        self.rule.parent.mkdir()
        moved = {
            name: folder / str(place).removeprefix("/")
            for name, place in vars(places).items()
            if isinstance(place, Path) and place.is_absolute() and name != "PROC"
        }
        moved |= {"SUDOERS": self.rule.parent, "RESCUE": folder / "rescue"}
        lines = [f"{name} = Path({str(path)!r})\n" for name, path in moved.items()]
        (folder / "places.py").write_text("".join(lines))
        (folder / "ssh.py").write_text(_SSH)
        (folder / "bin").mkdir()
        self._program("ssh", f'exec {sys.executable} {folder}/ssh.py {folder} "$@"')
        for name in ("visudo", "systemd-run", "systemctl"):
            self._program(name, "exit 0")
        monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        self.let_in()

    def let_in(self, *, script: str = "exit 0") -> None:
        """Do this with whoever signs in anew."""
        (self.folder / "knock.sh").write_text(script)

    def knocks(self) -> list[str]:
        """Return what was run by each new connection."""
        log = self.folder / "knocks"
        return log.read_text().splitlines() if log.exists() else []

    def put_rule(self) -> None:
        """Have the rule as it was before."""
        self.rule.write_text(FORMER)
        self.rule.chmod(0o440)

    def has_rule_as_before(self) -> bool:
        """Wait until the rule is as it was and nothing is on trial any more; tell whether that came to pass."""
        for _ in range(TRIES):
            if self.rule.read_text() == FORMER and not (self.folder / "rescue" / "pending").exists():
                return True
            time.sleep(0.1)
        return False

    def wait_for_knock(self) -> None:
        """Wait until somebody signs in anew."""
        for _ in range(TRIES):
            if self.knocks():
                return
            time.sleep(0.1)
        pytest.fail("nobody has signed in anew")

    def _program(self, name: str, script: str) -> None:
        program = self.folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)


def wanted() -> Properties:
    """Return the inputs of another rule."""
    return {"name": RULE, "content": CHANGED, "mode": "0440"}
