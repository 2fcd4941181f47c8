"""Programs on a server, run as root over ssh with the host key that is pinned."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.host.plugin.diagnosis import Attempt, UnwelcomeError, diagnose
from infra.host.ssh import Connection, ssh_command

PATIENCE_SECONDS: Final = 60
FAILED: Final = 9
"""Exit code of every program that failed there: its own may be 255, by which ssh says that it got nowhere."""
ROOT: Final = "root"
_SENDING: Final = "debug1: Sending command:"
_SSHS_OWN: Final = ("debug1: ", "Transferred: ", "Bytes per second: ")


class RemoteError(Exception):
    """A server could not be asked, or a program on it failed; the text is one sentence without its full stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """A server that programs are run on."""

    name: str
    root: Path
    """Folder of the project, from which the stack file names its keys."""
    connection: Connection

    def run(self, *words: str, stdin: str = "", patience: float = PATIENCE_SECONDS) -> str:
        """Run a program as root and return what it printed.

        Args:
            words: the program and its arguments; nothing secret.
            stdin: what it reads.
            patience: seconds after which it is given up.

        Raises:
            RemoteError: the server does not let us in, or the program failed.
        """
        user = self.connection.user
        as_root = words if user == ROOT else ("sudo", "-n", "--", *words)
        try:
            run = subprocess.run(
                ssh_command(self.connection, user, f"{shlex.join(as_root)} || exit {FAILED}"),
                cwd=self.root,
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            text = f"{self.connection.host} has not answered `{words[0]}` in {patience:.0f} s"
            raise RemoteError(text) from None
        except FileNotFoundError:
            text = "ssh is not on PATH: install an OpenSSH client (`apt-get install openssh-client`)"
            raise RemoteError(text) from None
        if run.returncode:
            raise RemoteError(self._reason(words[0], run.returncode, run.stderr))
        return run.stdout

    def _reason(self, program: str, code: int, complaints: str) -> str:
        if code == FAILED and re.search(rf"\b{re.escape(program)}: (command )?not found", complaints):
            return f"there is no {program} on {self.connection.host}"
        error = diagnose(
            Attempt(connection=self.connection, user=self.connection.user, code=code, complaints=complaints)
        )
        if code != FAILED or isinstance(error, UnwelcomeError):
            return str(error)
        return f"{self.connection.host}: {_last_words(complaints) or f'`{program}` failed and said nothing'}"


def _last_words(complaints: str) -> str:
    """Return the last thing that the program complained of; a banner comes before it was sent."""
    said = complaints.rpartition(_SENDING)[2].splitlines()[1 if _SENDING in complaints else 0 :]
    return next((line.strip() for line in reversed(said) if line.strip() and not line.startswith(_SSHS_OWN)), "")
