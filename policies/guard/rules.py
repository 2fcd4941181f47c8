"""What a rule is, and how one is written down."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypedDict, Unpack

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence
from .resource import Resource, Stack
from .settings import Setting, Settings

Judge = Callable[[Resource], Iterator[Sentence]]
"""Yields one sentence for each thing that is wrong with a resource."""
StackJudge = Callable[[Stack], Iterator[tuple[Resource, Sentence]]]
"""Yields the resource and the sentence for each thing that is wrong with a stack."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One thing the pack refuses: all about it but the check itself."""

    number: str
    """Short name that stays, such as `D01`; several rules may carry one between them."""
    name: str
    """Policy name, as levels and waivers call it."""
    on: tuple[str, ...]
    """Resource types it judges."""
    severity: Severity
    """How bad a violation is."""
    level: EnforcementLevel
    """How strictly it is held where no level file says otherwise."""
    description: str
    """What must hold, in one sentence."""
    reason: str
    """Why."""
    remedy: str
    """What to do about a violation."""
    sources: tuple[str, ...]
    """Numbers by which others know the rule."""
    waivable: bool
    """Whether a waiver can excuse a resource from it."""
    waits: bool
    """Whether an input may be unknown before `up`, and is judged then; else that is a violation."""
    settings: Mapping[str, Setting]
    """What it can be told."""

    def configured(self, given: Settings) -> Settings:
        """Return all settings, the given ones before the defaults."""
        return {name: given.get(name, setting.default) for name, setting in self.settings.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule(Policy):
    """Judges one resource."""

    judge: Judge


@dataclass(frozen=True, kw_only=True, slots=True)
class StackRule(Policy):
    """Judges the resources of a stack together, once all are declared; `on` is what it looks at."""

    judge: StackJudge


class About(TypedDict, total=False):
    """What a rule is, beside its function."""

    on: str | tuple[str, ...]
    severity: Severity
    remedy: str
    sources: tuple[str, ...]
    level: EnforcementLevel
    waivable: bool
    waits: bool
    settings: Mapping[str, Setting]


def rule(number: str, **about: Unpack[About]) -> Callable[[Judge], Rule]:
    """Make a rule of a generator of sentences.

    The function's name becomes the policy's name; the first line of its docstring the description, the rest the reason.
    A sentence says what is wrong and where, and never holds a value: inputs may be secrets.
    """
    return lambda judge: Rule(judge=judge, **_described(number, judge, about))


def stack_rule(number: str, **about: Unpack[About]) -> Callable[[StackJudge], StackRule]:
    """Make a rule of a generator that looks at all resources of a stack."""
    return lambda judge: StackRule(judge=judge, **_described(number, judge, about))


def collect(*subjects: ModuleType) -> tuple[Rule | StackRule, ...]:
    """Return the rules of some modules, in the order they are written."""
    return tuple(
        found for subject in subjects for found in vars(subject).values() if isinstance(found, Rule | StackRule)
    )


def _described(number: str, judge: Callable[..., object], about: About) -> dict[str, Any]:
    description, _, reason = inspect.cleandoc(judge.__doc__ or "").partition("\n\n")
    on = about["on"]
    return {
        "sources": (),
        "level": EnforcementLevel.MANDATORY,
        "waivable": True,
        "waits": False,
        "settings": {},
        **about,
        "number": number,
        "name": judge.__name__,
        "on": (on,) if isinstance(on, str) else on,
        "description": description,
        "reason": " ".join(reason.split()),
    }
