"""Commands run on the server."""

import os
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_POLL_SECONDS = 0.2
_SHOWN_LINES = 8
_LANGUAGE = {"LC_ALL": "C.UTF-8"}


class Result(NamedTuple):
    """How a command ended."""

    code: int
    """Exit code."""
    output: str
    """Standard output."""
    complaint: str
    """Standard error."""


def run(
    command: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    finish: bool = False,
    text: str | None = None,
) -> Result:
    """Run a command and wait for it.

    Args:
        command: program and arguments.
        environment: added to the agent's own.
        finish: whether the command is waited for even when the request is given up; else it is ended then.
        text: what it reads from its standard input; nothing when absent.

    Raises:
        CancelledError: when the request was given up.
        AgentError: when the program is not installed.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=os.environ | _LANGUAGE | (environment or {}),
            start_new_session=finish,
        )
    except FileNotFoundError:
        raise _absent(command[0]) from None
    with process:
        output, complaint = _outputs(process, text, finish=finish)
    if not finish:
        current().pause(0)
    return Result(process.returncode, output, complaint)


def must(command: Sequence[str], *, environment: dict[str, str] | None = None, finish: bool = False) -> str:
    """Run a command and return its output.

    Raises:
        AgentError: with the command's last words, when it fails.
    """
    result = run(command, environment=environment, finish=finish)
    if result.code != 0:
        message = f"`{' '.join(command)}` failed with exit code {result.code}: {last_words(result)}"
        raise AgentError(message)
    return result.output


def _absent(program: str) -> AgentError:
    return AgentError(f"{program} is not installed on {current().host}")


def _outputs(process: "subprocess.Popen[str]", text: str | None, *, finish: bool) -> tuple[str, str]:
    """Wait for a process and return what it wrote; end it when the request is given up and it need not finish."""
    while True:
        try:
            return process.communicate(text, timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            # What is left of the text is written by the next call, which takes no other one.
            text = None
            if current().stop.is_set() and not finish:
                process.terminate()


def last_words(result: Result) -> str:
    """Return the end of what a failed command wrote."""
    lines = (result.complaint.strip() or result.output.strip()).splitlines()
    return "\n".join(lines[-_SHOWN_LINES:])
