"""The bench that judges: every rule of a resource's type, by the levels and waivers of one stack."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from types import TracebackType

from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UnknownValueError
from typing_extensions import override

from . import waivers
from .inputs import NotKnown, Sentence, not_known
from .levels import Levels
from .message import WAITING, Message
from .resource import Resource, Stack
from .rules import Policy, Rule, StackRule
from .types import STACK
from .waivers import Waiver


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One violation, as it is shown."""

    policy: str
    level: EnforcementLevel
    message: str
    urn: str = ""
    """Resource it is about, where the engine does not know."""


@dataclass(kw_only=True)
class Bench:
    """Judges the resources of one run, and remembers what that took."""

    stack: str
    rules: Sequence[Rule | StackRule]
    levels: Levels
    waivers: Sequence[Waiver]
    today: date
    plain_secrets: Sequence[str] = ()
    """Keys of the stack file that name a secret and hold it in the clear."""
    _used: set[Waiver] = field(default_factory=set)
    _judged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _seen: list[Resource] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort the rules by the type they judge, so that a resource meets its own only."""
        self._by_type: dict[str, list[Rule]] = defaultdict(list)
        self._of_stack: list[StackRule] = []
        held = [rule for rule in self.rules if self.levels[rule.name].level is not EnforcementLevel.DISABLED]
        for rule in held:
            if isinstance(rule, StackRule):
                self._of_stack.append(rule)
            else:
                for kind in rule.on:
                    self._by_type[kind].append(rule)
        self._looked_at = {kind for rule in self._of_stack for kind in rule.on}

    def wants(self, kind: str) -> bool:
        """Tell whether a rule looks at resources of a type, so that others need not be read."""
        return kind in self._by_type or kind in self._looked_at or kind == STACK

    def judge(self, resource: Resource) -> Iterator[Finding]:
        """Yield the violations of one resource."""
        if resource.kind == STACK:
            # The stack comes before all that is made in it, so a stale waiver stops a run before its first change.
            yield from self._about_waivers(waivers.out_of_order(self.waivers, self.rules, self.today))
        if resource.kind in self._looked_at:
            self._seen.append(resource)
        for rule in self._by_type.get(resource.kind, ()):
            self._judged[rule.name].add(resource.name)
            subject = replace(resource, settings=self.levels[rule.name].settings) if rule.settings else resource
            for sentence in self._sentences(rule, subject):
                yield self._finding(rule, resource, sentence)

    def close(self) -> Iterator[Finding]:
        """Yield what can be said only when every resource has been seen."""
        stack = Stack(name=self.stack, resources=self._seen, plain_secrets=self.plain_secrets)
        for rule in self._of_stack:
            self._judged[rule.name].update(resource.name for resource in stack.of(*rule.on))
            for resource, sentence in self._of_whole(rule, stack):
                yield self._finding(rule, resource, sentence)
        idle = [waiver for waiver in self.waivers if waiver.holds(self.today) and waiver not in self._used]
        yield from self._about_waivers(waivers.unused(idle, self.stack, self._judged))

    @staticmethod
    def _sentences(rule: Rule, resource: Resource) -> Iterator[Sentence]:
        attempt = _Attempt()
        with attempt:
            yield from rule.judge(resource)
        if attempt.failure is not None:
            yield attempt.failure

    @staticmethod
    def _of_whole(rule: StackRule, stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
        attempt = _Attempt()
        with attempt:
            yield from rule.judge(stack)
        if attempt.failure is not None and stack.resources:
            yield stack.resources[0], attempt.failure

    def _finding(self, rule: Policy, resource: Resource, sentence: Sentence) -> Finding:
        level = self.levels[rule.name].level
        text = sentence if isinstance(sentence, str) else _waiting(rule, sentence)
        if isinstance(sentence, NotKnown) and rule.waits:
            level = EnforcementLevel.ADVISORY
        said = Message(rule=rule.description, sentence=text, reason=rule.reason, remedy=rule.remedy)
        waiver = self._excuse(rule, resource)
        if waiver is not None:
            self._used.add(waiver)
            level, said = EnforcementLevel.ADVISORY, replace(said, waived=waiver.terms)
        return Finding(policy=rule.name, level=level, message=str(said), urn=resource.urn)

    def _excuse(self, rule: Policy, resource: Resource) -> Waiver | None:
        if not rule.waivable:
            return None
        holding = (waiver for waiver in self.waivers if waiver.holds(self.today))
        return next((waiver for waiver in holding if waiver.covers(rule.name, self.stack, resource.name)), None)

    def _about_waivers(self, sentences: Iterator[str]) -> Iterator[Finding]:
        level = self.levels[waivers.POLICY.name].level
        if level is EnforcementLevel.DISABLED:
            return
        policy = waivers.POLICY
        for sentence in sentences:
            said = Message(rule=policy.description, sentence=sentence, reason=policy.reason, remedy=policy.remedy)
            yield Finding(policy=policy.name, level=level, message=str(said))


def _waiting(rule: Policy, missing: NotKnown) -> str:
    """Say which input cannot be judged yet.

    That is a violation unless the rule can wait: one that waits for `up` passes the pull request and stops the release
    half-way.
    """
    if rule.waits:
        return f"`{missing.place}` {WAITING}, and is judged then."
    return f"`{missing.place}` is not known before `up` and cannot be judged: write it as a plain value."


class _Attempt(AbstractContextManager["_Attempt"]):
    """Ends a rule that raises where it stands: an exception would end the run, and its text may hold a value."""

    failure: Sentence | None = None

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, UnknownValueError):
            self.failure = not_known(error)
        elif isinstance(error, Exception):
            self.failure = f"The rule broke off with {type(error).__name__}: the inputs have a form it cannot read."
        return self.failure is not None
