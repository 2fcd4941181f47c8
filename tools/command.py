"""Running the programs that the project is set up with."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

LAST_LINES = 25
"""Lines of a failed program's output that its error shows."""


MORTAL = ("setpriv", "--pdeathsig", "KILL")
"""What makes a program die with this one: left alone it would go on writing where the next run begins."""


class SetupError(Exception):
    """Something that is needed is missing or failed; the text says what, and what to do."""


def run(
    *command: str,
    stdin: str | bytes = b"",
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout: float = 1800,
    outlives: bool = False,
) -> str:
    """Run a program and return what it printed; it dies with this process unless it `outlives` it.

    Raises:
        SetupError: It is missing, failed or took longer than `timeout` seconds.
    """
    _refuse_missing(command[0], (environment or os.environ).get("PATH", os.defpath))
    given = stdin.encode() if isinstance(stdin, str) else stdin
    whole = command if outlives or shutil.which(MORTAL[0]) is None else (*MORTAL, *command)
    shown = " ".join(command[:4])
    try:
        done = subprocess.run(
            whole, input=given, capture_output=True, check=False, env=environment, cwd=folder, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        message = f"`{shown} …` did not end within {timeout:.0f} s."
        raise SetupError(message) from None
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()[-LAST_LINES:]
        message = "\n".join([f"`{shown} …` failed with exit code {done.returncode}:", *said])
        raise SetupError(message)
    return done.stdout.decode(errors="replace")


def _refuse_missing(program: str, path: str) -> None:
    if shutil.which(program, path=path) is None:
        message = f"`{program}` is not installed on this machine."
        raise SetupError(message)


def succeeds(*command: str, timeout: float = 30) -> bool:
    """Tell whether a program is there and ends well."""
    try:
        run(*command, timeout=timeout)
    except SetupError:
        return False
    return True
