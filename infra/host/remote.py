"""Programs on a server, run as root over ssh with the host key that is pinned."""

import re
import shlex
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from infra.host.plugin.diagnosis import Attempt, UnwelcomeError, diagnose
from infra.host.ssh import Connection, ssh_command

PATIENCE_SECONDS: Final = 60
FAILED: Final = 9
"""Exit code of every program that failed there: its own may be 255, by which ssh says that it got nowhere."""
ROOT: Final = "root"
_NO_SSH: Final = "ssh is not on PATH: install an OpenSSH client (`apt-get install openssh-client`)"
_SENDING: Final = "debug1: Sending command:"
_SSHS_OWN: Final = ("debug1: ", "Transferred: ", "Bytes per second: ")


class RemoteError(Exception):
    """A server could not be asked, or a program on it failed; the text is one sentence without its full stop."""


class ClosedError(RemoteError):
    """A server could not be asked: it is away, or does not let us in."""


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
        try:
            run = subprocess.run(
                self._command(words),
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
            raise RemoteError(_NO_SSH) from None
        if run.returncode:
            raise self._error(words[0], run.returncode, run.stderr)
        return run.stdout

    def lines(self, *words: str, stdin: str) -> Generator[str]:
        """Run a program as root and yield what it prints, line by line, until it ends or this generator is closed.

        Args:
            words: the program and its arguments; nothing secret.
            stdin: what it reads; the end comes when nobody reads its lines any more.

        Raises:
            RemoteError: the server does not let us in, or the program failed.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            process = self._started(words, complaints)
            try:
                if process.stdin and process.stdout:
                    # One that does not let us in has ended; what it said comes below.
                    with suppress(BrokenPipeError):
                        process.stdin.write(stdin)
                        process.stdin.flush()
                    yield from process.stdout
                code = process.wait()
            finally:
                process.terminate()
                _close(process)
            complaints.seek(0)
            if code:
                raise self._error(words[0], code, complaints.read())

    def _started(self, words: Sequence[str], complaints: IO[str]) -> "subprocess.Popen[str]":
        try:
            return subprocess.Popen(
                self._command(words),
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError:
            raise RemoteError(_NO_SSH) from None

    def _command(self, words: Sequence[str]) -> list[str]:
        user = self.connection.user
        as_root = words if user == ROOT else ("sudo", "-n", "--", *words)
        return ssh_command(self.connection, user, f"{shlex.join(as_root)} || exit {FAILED}")

    def _error(self, program: str, code: int, complaints: str) -> RemoteError:
        if code == FAILED and re.search(rf"\b{re.escape(program)}: (command )?not found", complaints):
            return RemoteError(f"there is no {program} on {self.connection.host}")
        error = diagnose(
            Attempt(connection=self.connection, user=self.connection.user, code=code, complaints=complaints)
        )
        if code != FAILED or isinstance(error, UnwelcomeError):
            return ClosedError(str(error))
        return RemoteError(
            f"{self.connection.host}: {_last_words(complaints) or f'`{program}` failed and said nothing'}"
        )


def _last_words(complaints: str) -> str:
    """Return the last thing that the program complained of; a banner comes before it was sent."""
    said = complaints.rpartition(_SENDING)[2].splitlines()[1 if _SENDING in complaints else 0 :]
    return next((line.strip() for line in reversed(said) if line.strip() and not line.startswith(_SSHS_OWN)), "")


def _close(process: "subprocess.Popen[str]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    process.wait()
