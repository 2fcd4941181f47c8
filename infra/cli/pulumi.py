"""The Pulumi CLI as a program: asked, never shown a secret and never asked a question."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.cli.refusal import RefusalError

PATIENCE_SECONDS = 120
_NO_STACK = re.compile(r"no stack named '([^']+)' found$")
MISSING = 'pulumi is not on PATH: run `make tools`, then `eval "$(make -s env)"`.'


class PulumiError(Exception):
    """Pulumi refused; the text is its own first sentence."""


def ask(
    root: Path,
    *arguments: str,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    alone: bool = False,
) -> str:
    """Run Pulumi in a project and return what it printed.

    Args:
        root: folder of the project.
        arguments: command and flags; nothing secret, all users of the machine can see them.
        stdin: what it reads; nothing when absent.
        environment: what differs from this process's own.
        alone: whether it gets that and nothing of this process's own.

    Raises:
        PulumiError: it ended with another code than 0.
        RefusalError: there is no Pulumi, or it does not answer.
    """
    try:
        run = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=root,
            env={**({} if alone else os.environ), **(environment or {})},
            input=stdin or "",
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise RefusalError(MISSING) from None
    except subprocess.TimeoutExpired:
        text = f"`pulumi {arguments[0]}` has not answered for {PATIENCE_SECONDS} s: is the state backend reachable?"
        raise RefusalError(text) from None
    if run.returncode:
        raise PulumiError(first_error(run.stderr))
    return run.stdout


def first_error(stderr: str) -> str:
    """Return the first error that Pulumi printed, without its heading, and what to do where that is known."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error: ")]
    said = next(iter(errors or lines), "no reason given").removeprefix("error: ")
    absent = _NO_STACK.search(said)
    return f"{said}: `pulumi stack init {absent[1]}` makes it" if absent else said
