"""The lab's stacks in the project's own backend."""

import os
import shutil
from collections.abc import Mapping

from tools.command import SetupError, run
from tools.environment import variables
from tools.paths import PROJECT, STATE
from tools.progress import say, step

NAMES = ("test", "dev")
"""The last one becomes the current stack of the checkout."""
REFUSED = "incorrect passphrase"
PROJECT_NAME = "slipway"
"""As `Pulumi.yaml` has it."""
RECORDS = STATE / ".pulumi" / "stacks" / PROJECT_NAME


def ensure_stacks() -> None:
    """Make the stacks in the project's backend unless they are there; the stack files are in git already.

    A stack with a passphrase of its own is somebody's who has put servers of theirs under the name of the lab's.
    """
    STATE.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        if not _is_known(name):
            _make(name)


def _make(name: str) -> None:
    try:
        with step(f"Stack {name}"):
            run("pulumi", "stack", "init", name, "--non-interactive", environment=_environment(), folder=PROJECT)
    except SetupError as error:
        if REFUSED not in str(error):
            raise
        say(f"Stack {name} has a passphrase of its own: it is not made in this checkout's backend")


def forget_stack(name: str) -> None:
    """Drop all that the project's backend keeps of a stack, locks and history too; the stack file stays.

    Without the CLI, so that it also works where the tools are gone or a killed run still holds the lock.
    """
    for record in RECORDS.glob(f"{name}.json*"):
        record.unlink()
    for folder in ("history", "backups", "locks/organization"):
        shutil.rmtree(STATE / ".pulumi" / folder / PROJECT_NAME / name, ignore_errors=True)


def _is_known(name: str) -> bool:
    return any((RECORDS / f"{name}{ending}").exists() for ending in (".json", ".json.gz"))


def _environment() -> Mapping[str, str]:
    """Return the project's environment with its own backend, whichever the user works with."""
    given = {name: value for name, value in os.environ.items() if name != "PULUMI_BACKEND_URL"}
    return {**given, **variables(given)}
