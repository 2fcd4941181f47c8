"""What the policy pack found, as data: findings, waivers, and what could not be judged."""

import dataclasses
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from policies.guard import waivers
from policies.guard.message import WAITING, parse
from policies.guard.pack import POLICIES
from policies.guard.waivers import Waiver

FORMAT: Final = 1
"""Counted up when a program that reads the report would have to change."""
KNOWN: Final = {policy.name: policy for policy in POLICIES}

Verdict = Literal["violated", "advice", "waiting", "waived"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One rule that one resource breaks, or would but for a waiver."""

    verdict: Verdict
    """`violated` stops an `up`; `advice` does not; `waiting` is judged by `up`; `waived` is excused."""
    stack: str
    resource: str
    """Name as the preview shows it."""
    urn: str
    rule: str
    number: str
    severity: str
    description: str
    """What must hold."""
    sentence: str
    """What is wrong, and where."""
    reason: str
    remedy: str
    waived: str
    """Until when, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WaiverUse:
    """A waiver, and where it excused something."""

    rule: str
    resource: str
    terms: str
    used_in: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was judged and found."""

    format: int
    judged: Sequence[str]
    """Stacks, or a file."""
    findings: Sequence[Finding]
    waivers: Sequence[WaiverUse]
    unknown: Mapping[str, str]
    """What could not be judged to its end, and why."""

    def as_json(self) -> str:
        """Return the report for programs."""
        return json.dumps(dataclasses.asdict(self), indent=2)


def finding(event: Mapping[str, Any]) -> Finding:
    """Return what an event of the engine says about a policy."""
    said = parse(event["message"])
    policy = KNOWN.get(event["policyName"])
    stack, name = told_by(event.get("resourceUrn") or "")
    return Finding(
        verdict=_verdict(event, said.waived, said.sentence),
        stack=stack,
        resource=name,
        urn=event.get("resourceUrn") or "",
        rule=event["policyName"],
        number=policy.number if policy else "",
        severity=str(event.get("severity") or ""),
        description=said.rule or (policy.description if policy else ""),
        sentence=said.sentence,
        reason=policy.reason if policy else said.reason,
        remedy=policy.remedy if policy else said.remedy,
        waived=said.waived,
    )


def told_by(urn: str) -> tuple[str, str]:
    """Return stack and name in `urn:pulumi:<stack>::<project>::<type>::<name>`."""
    return urn.split("::", 1)[0].removeprefix("urn:pulumi:"), urn.rpartition("::")[2]


def uses(found: Iterable[Finding], given: Iterable[Waiver]) -> list[WaiverUse]:
    """Return where each waiver excused something."""
    excused = [one for one in found if one.verdict == "waived"]
    return [
        WaiverUse(
            rule=waiver.rule,
            resource=waiver.resource,
            terms=waiver.terms,
            used_in=sorted({one.stack for one in excused if waiver.covers(one.rule, one.stack, one.resource)}),
        )
        for waiver in given
    ]


def concerning(given: Iterable[WaiverUse], stacks: Collection[str]) -> list[WaiverUse]:
    """Return the waivers that say something of some stacks alone: those used there, and those written for them."""
    return [use for use in given if use.used_in or use.resource.rpartition("/")[0] in stacks]


def needless(
    given: Sequence[WaiverUse], waiving: Iterable[Waiver], stacks: Sequence[str], today: date
) -> Iterator[Finding]:
    """Yield a violation for each waiver that excused nothing, once every stack has been judged.

    One run alone cannot know this of a resource that it does not have.
    """
    policy = waivers.POLICY
    for use, waiver in zip(given, waiving, strict=True):
        if use.used_in or not waiver.holds(today):
            continue
        yield Finding(
            verdict="violated",
            stack=", ".join(stacks),
            resource=waiver.resource,
            urn="",
            rule=policy.name,
            number=policy.number,
            severity=policy.severity.value,
            description=policy.description,
            sentence=f"{waiver} excuses nothing in any stack.",
            reason=policy.reason,
            remedy=policy.remedy,
            waived="",
        )


def _verdict(event: Mapping[str, Any], waived: str, sentence: str) -> Verdict:
    if waived:
        return "waived"
    if event["enforcementLevel"] != "advisory":
        return "violated"
    return "waiting" if WAITING in sentence else "advice"
