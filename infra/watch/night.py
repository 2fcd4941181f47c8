"""What a night's look at the stacks came to, read from what `slipway drift` and `slipway policy` print as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from infra.cli import policy_report
from infra.cli.differences import Comparison

LARGEST_BYTES: Final = 8 * 1024 * 1024
NOTHING: Final = "the command has left nothing"
FOREIGN: Final = "it is not what the command prints"

Content = TypeVar("Content")


@dataclass(kw_only=True, slots=True)
class Drift(Comparison):
    """What `slipway drift --json` prints."""

    stack: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drifted:
    """A resource that is not as the last `up` left it; its values stay where they were read."""

    stack: str
    server: str
    resource: str
    properties: tuple[str, ...]
    """Empty when the resource is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Something that could not be looked at."""

    subject: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """All of it."""

    drifted: tuple[Drifted, ...] = ()
    violations: tuple[policy_report.Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def is_calm(self) -> bool:
        """Whether everything was looked at, and is as declared."""
        return not (self.drifted or self.violations or self.unknown)


def read_night(drifts: Sequence[Path], judgements: Sequence[Path]) -> Night:
    """Return what the files of a night say; one that says nothing is something that could not be looked at.

    Args:
        drifts: of `slipway drift <stack> --json`.
        judgements: of `slipway policy --state <stack> --json`.
    """
    comparisons = [_read(path, TypeAdapter(Drift)) for path in drifts]
    reports = [_read(path, TypeAdapter(policy_report.Report)) for path in judgements]
    drifted = [one for read in comparisons if isinstance(read, Drift) for one in _drifted(read)]
    judged = [report for report in reports if isinstance(report, policy_report.Report)]
    unknown = [read for read in (*comparisons, *reports) if isinstance(read, Unknown)]
    unknown += [one for read in comparisons if isinstance(read, Drift) for one in _unread(read)]
    unknown += [Unknown(subject=name, reason=reason) for report in judged for name, reason in report.unknown.items()]
    return Night(
        drifted=tuple(drifted),
        violations=tuple(one for report in judged for one in report.findings if one.verdict == "violated"),
        unknown=tuple(unknown),
    )


def _read(path: Path, kind: "TypeAdapter[Content]") -> Content | Unknown:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError:
        content = b""
    if not content:
        return Unknown(subject=path.name, reason=NOTHING)
    try:
        return kind.validate_json(content)
    except ValidationError:
        return Unknown(subject=path.name, reason=FOREIGN)


def _drifted(read: Drift) -> Iterator[Drifted]:
    """Yield each resource once, with its properties."""
    properties: dict[tuple[str, str], list[str]] = {}
    for one in read.differences:
        properties.setdefault((one.server, one.resource), []).append(one.property)
    for (server, resource), paths in properties.items():
        known = tuple(path for path in paths if path)
        yield Drifted(stack=read.stack, server=server, resource=resource, properties=known)


def _unread(read: Drift) -> Iterator[Unknown]:
    for one in read.unread:
        subject = f"{read.stack}, {one.server}" if one.server else read.stack
        # Of a plugin that broke the rest is its traceback.
        yield Unknown(subject=subject, reason=one.reason.partition("\n")[0])
