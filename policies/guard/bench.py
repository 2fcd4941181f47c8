"""The bench that judges: every rule of a resource's type, by the levels and waivers of one stack."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UnknownValueError

from . import waivers
from .inputs import not_known
from .levels import Levels
from .rules import Rule
from .types import STACK
from .waivers import Waiver


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One violation, as it is shown."""

    policy: str
    level: EnforcementLevel
    message: str


@dataclass(kw_only=True)
class Bench:
    """Judges the resources of one run, and remembers which waivers that took."""

    stack: str
    rules: Sequence[Rule]
    levels: Levels
    waivers: Sequence[Waiver]
    today: date
    _used: set[Waiver] = field(default_factory=set)
    _judged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        """Sort the rules by the type they judge, so that a resource meets its own only."""
        self._by_type: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            if self.levels[rule.name] is not EnforcementLevel.DISABLED:
                for kind in rule.on:
                    self._by_type[kind].append(rule)

    def judge(self, kind: str, name: str, inputs: Callable[[], Mapping[str, Any]]) -> Iterator[Finding]:
        """Yield the violations of one resource; `inputs` are read only when a rule wants them, and once."""
        if kind == STACK:
            # The stack comes before all that is made in it, so a stale waiver stops a run before its first change.
            names = {rule.name for rule in self.rules}
            yield from self._about_waivers(waivers.out_of_order(self.waivers, names, self.today))
        rules = self._by_type.get(kind)
        if rules is None:
            return
        read = inputs()
        for rule in rules:
            self._judged[rule.name].add(name)
            for sentence in _sentences(rule, read):
                yield self._finding(rule, name, sentence)

    def close(self) -> Iterator[Finding]:
        """Yield what can be said only when every resource has been judged."""
        idle = [waiver for waiver in self.waivers if waiver.holds(self.today) and waiver not in self._used]
        yield from self._about_waivers(waivers.unused(idle, self.stack, self._judged))

    def _finding(self, rule: Rule, name: str, sentence: str) -> Finding:
        holding = (waiver for waiver in self.waivers if waiver.holds(self.today))
        waiver = next((waiver for waiver in holding if waiver.covers(rule.name, self.stack, name)), None)
        if waiver is None:
            message = f"{rule.description}\n{sentence}\nWhy: {rule.reason}\nDo: {rule.remedy}"
            return Finding(policy=rule.name, level=self.levels[rule.name], message=message)
        self._used.add(waiver)
        message = f"{rule.description}\n{sentence}\nWaived until {waiver.expires}: {waiver.reason}"
        return Finding(policy=rule.name, level=EnforcementLevel.ADVISORY, message=message)

    def _about_waivers(self, sentences: Iterator[str]) -> Iterator[Finding]:
        level = self.levels[waivers.POLICY]
        if level is EnforcementLevel.DISABLED:
            return
        for sentence in sentences:
            message = f"{waivers.DESCRIPTION}\n{sentence}\nWhy: {waivers.REASON}\nDo: {waivers.REMEDY}"
            yield Finding(policy=waivers.POLICY, level=level, message=message)


def _sentences(rule: Rule, inputs: Mapping[str, Any]) -> Iterator[str]:
    try:
        yield from rule.judge(inputs)
    except UnknownValueError as unknown:
        yield not_known(unknown)
    except (AttributeError, KeyError, TypeError, ValueError):
        # An exception would end the whole run, and its text may hold a value.
        yield "The inputs have a form that this rule cannot read."
