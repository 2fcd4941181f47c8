"""Dated exceptions to the rules, `waivers.yaml`: who reads a preview sees each one and until when it holds."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from pulumi_policy import EnforcementLevel, Severity

from .levels import FileError
from .rules import Policy
from .types import STACK

POLICY: Final = Policy(
    number="K02",
    name="waivers_are_current",
    on=(STACK,),
    severity=Severity.HIGH,
    level=EnforcementLevel.MANDATORY,
    description="Waivers name a rule that can be waived, end within 90 days and are still needed.",
    reason="An exception that nobody has to renew is a rule that nobody holds.",
    remedy="Mend the resource and delete the entry, or renew it with a reason that still holds.",
    sources=(),
    waivable=False,
    waits=False,
    settings={},
)
"""What holds of the file of waivers itself."""

LONGEST: Final = timedelta(days=90)
SHORTEST_REASON: Final = 15
REVIEWED: Final = "reviewed"
"""What `permit` says in the place of a last day, for what a product really needs; its owner answers for it."""
FIELDS: Final = ("rule", "resource", "reason")
TERMS: Final = ("expires", "permit", "owner")
FILE: Final = "policies/waivers.yaml"
RELEASE: Final = re.compile(r"(\.(migrate|job-[a-z0-9-]+))?-[0-9a-f]{8}(-\d+)?")
"""Suffix that a release adds to the name of its containers, and of those for a migration or a job, which are made
alike; a waiver outlives releases. No service has a dot in its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """One exception: this rule, this resource, for this reason, until this day."""

    rule: str
    resource: str
    """Name without the release, in every stack; `<stack>/<name>` in one stack alone."""
    reason: str
    expires: date | None = None
    """Last day; none for a permit."""
    permit: str = ""
    owner: str = ""
    """Who answers for a permit."""

    def covers(self, rule: str, stack: str, resource: str) -> bool:
        """Tell whether it is about this rule and this resource, whichever release it is."""
        return rule == self.rule and self.names(stack, resource)

    def names(self, stack: str, resource: str) -> bool:
        """Tell whether it is about this resource."""
        only, _, name = self.resource.rpartition("/")
        suffix = resource.removeprefix(name)
        return only in {"", stack} and resource.startswith(name) and (not suffix or bool(RELEASE.fullmatch(suffix)))

    def holds(self, today: date) -> bool:
        """Tell whether it excuses anything today, its last day included."""
        return self.expires is None or today <= self.expires <= today + LONGEST

    @property
    def terms(self) -> str:
        """How long it holds, and why, as reports write it."""
        until = f"until {self.expires}" if self.expires else f"as reviewed, {self.owner} answers for it"
        return f"{until}: {self.reason}"

    def __str__(self) -> str:
        """Return how messages call it."""
        return f"The waiver of {self.rule} for {self.resource}"


def load(folder: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a pack; all mistakes of the file come in one error."""
    path = folder / "waivers.yaml"
    if not path.is_file():
        return ()
    try:
        read: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        message = f"{FILE} is not YAML{f' (line {mark.line + 1})' if mark else ''}: mend it or restore it from git."
        raise FileError(message) from None
    entries = [] if read is None else read
    if not isinstance(entries, list):
        message = f"{FILE} is not a list of waivers: each begins with `- rule:`."
        raise FileError(message)
    mistakes = [mistake for number, entry in enumerate(entries, 1) for mistake in _mistakes(number, entry)]
    if mistakes:
        message = f"{FILE}: {'; '.join(mistakes)}."
        raise FileError(message)
    return tuple(Waiver(**entry) for entry in entries)


def out_of_order(waivers: Sequence[Waiver], rules: Sequence[Policy], today: date) -> Iterator[str]:
    """Yield what is wrong with waivers whatever the resources are."""
    known = {rule.name: rule for rule in (*rules, POLICY)}
    for waiver in waivers:
        if waiver.rule not in known:
            yield f"{waiver} names no rule of this pack."
        elif not known[waiver.rule].waivable:
            yield f"{waiver} excuses nothing: that rule cannot be waived."
        elif waiver.expires is None:
            continue
        elif waiver.expires < today:
            yield f"{waiver} expired on {waiver.expires}."
        elif waiver.expires > today + LONGEST:
            yield f"{waiver} ends on {waiver.expires}, more than {LONGEST.days} days ahead."


def unused(waivers: Sequence[Waiver], stack: str, judged: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Yield waivers that excused nothing although their rule was held against their resource.

    Nothing can be said of a resource that this run has not seen.

    Args:
        waivers: those that hold today and have excused nothing.
        stack: the stack that was judged.
        judged: rule to the resources it was held against.
    """
    for waiver in waivers:
        if any(waiver.names(stack, resource) for resource in judged.get(waiver.rule, ())):
            yield f"{waiver} is not needed in {stack}; write `<stack>/<name>` if it is in another stack alone."


def _mistakes(number: int, entry: object) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"entry {number} is not a mapping"
        return
    yield from (f"entry {number} has no {field}" for field in FIELDS if field not in entry)
    known = (*FIELDS, *TERMS)
    yield from (f"entry {number} has an unknown field {field}" for field in entry if field not in known)
    for field in (*FIELDS, "owner"):
        if field in entry and not isinstance(entry[field], str):
            yield f"entry {number}: {field} is not text"
    if isinstance(entry.get("reason"), str) and len(entry["reason"].strip()) < SHORTEST_REASON:
        yield f"entry {number}: reason is shorter than {SHORTEST_REASON} characters"
    yield from (f"entry {number}{complaint}" for complaint in _about_terms(entry))


def _about_terms(entry: Mapping[Any, Any]) -> Iterator[str]:
    """Yield what is wrong with how long an entry holds."""
    if "permit" not in entry:
        # A timestamp is a date to Python, and cannot be compared with one.
        if "expires" in entry and type(entry["expires"]) is not date:
            yield ": expires is not a date like 2027-01-31"
        if "expires" not in entry:
            yield " has no expires, and no permit"
        if "owner" in entry:
            yield " has an owner: only a permit has"
        return
    if entry["permit"] != REVIEWED:
        yield f": permit is not `{REVIEWED}`"
    if "expires" in entry:
        yield " has a permit and expires: a permit holds until it is taken back"
    if not str(entry.get("owner") or "").strip():
        yield " has a permit and no owner"
