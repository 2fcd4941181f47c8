"""What a rule is, and how one is written down."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pulumi_policy import Severity

Judge = Callable[[Mapping[str, Any]], Iterator[str]]
"""Yields one sentence for each thing that is wrong with a resource's inputs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing the pack refuses."""

    name: str
    """Policy name, as levels and waivers call it."""
    on: tuple[str, ...]
    """Resource types it judges."""
    severity: Severity
    """How bad a violation is."""
    description: str
    """What must hold, in one sentence."""
    reason: str
    """Why, with the source of the rule."""
    remedy: str
    """What to do about a violation."""
    judge: Judge
    """The check itself."""


def rule(*, on: str | tuple[str, ...], severity: Severity, remedy: str) -> Callable[[Judge], Rule]:
    """Make a rule of a generator of sentences.

    The function's name becomes the policy's name; the first line of its docstring the description, the rest the reason.
    A sentence says what is wrong and where, and never holds a value: inputs may be secrets.
    """

    def written(judge: Judge) -> Rule:
        description, _, reason = inspect.cleandoc(judge.__doc__ or "").partition("\n\n")
        return Rule(
            name=judge.__name__,
            on=(on,) if isinstance(on, str) else on,
            severity=severity,
            description=description,
            reason=" ".join(reason.split()),
            remedy=remedy,
            judge=judge,
        )

    return written


def collect(*subjects: ModuleType) -> tuple[Rule, ...]:
    """Return the rules of some modules, in the order they are written."""
    return tuple(found for subject in subjects for found in vars(subject).values() if isinstance(found, Rule))
