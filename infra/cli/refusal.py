"""How a command ends when it cannot do what was asked: one sentence on stderr, and an exit code that says why."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any

from rich.console import Console
from typer.core import TyperGroup
from typing_extensions import override

from infra.config.mistakes import ConfigurationError, did_you_mean


class ExitCode(IntEnum):
    """What the command's exit code means."""

    DONE = 0
    FAILED = 1
    """Something is wrong, or could not be done."""
    USAGE = 2
    """The command line asks for something that cannot be."""


class RefusalError(Exception):
    """What was asked cannot be done; the text says why and what to do, and never holds a secret."""

    def __init__(self, text: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(text)
        self.code = code


class Commands(TyperGroup):
    """Commands that end a refusal without a traceback."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RefusalError as refusal:
            say(f"slipway: {refusal}")
            ctx.exit(refusal.code)
        except ConfigurationError as error:
            say(str(error))
            ctx.exit(ExitCode.FAILED)


def require_known(owner: str, kind: str, name: str, known: Collection[str]) -> None:
    """Refuse a name that its owner does not have.

    Raises:
        RefusalError: it is none of those that are known.
    """
    if name not in known:
        hint = did_you_mean(name, known) or f"; it has {', '.join(sorted(known)) or 'none'}."
        text = f"{owner} has no {kind} {name}{hint}"
        raise RefusalError(text, ExitCode.USAGE)


def say(text: str) -> None:
    """Print a line on stderr as it is: names of files and addresses hold square brackets."""
    Console(stderr=True, soft_wrap=True).print(text, markup=False, highlight=False)
