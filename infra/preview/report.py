"""The report of a preview: one model, whatever it came from and however it is shown."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT: Final = 1
"""Counted up when a program that reads the report would have to change."""
LARGEST_BYTES: Final = 8 * 1024 * 1024
"""A report comes from a run that anybody's pull request may have started: thrice what 6 000 changes take."""
MOST_STACKS: Final = 50
LONGEST_FAILURE: Final = 4000
"""Characters of the reason why a preview failed; the log of the run has all of it."""
REVISION: Final = r"^([0-9a-f]{40}([0-9a-f]{24})?)?$"
HASH: Final = r"^([0-9a-f]{64})?$"

Revision = Annotated[str, Field(pattern=REVISION)]
Hash = Annotated[str, Field(pattern=HASH)]
Kind = Literal["create", "import", "update", "replace", "delete"]
Verdict = Literal["violated", "advice", "waiting", "waived"]
Source = Literal["offline", "state"]


class ReportError(Exception):
    """Something is no report; the text says why, in words of our own."""


class Part(BaseModel):
    """A closed and strict part of a report."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Operation(Part):
    """What an `up` would do with one resource."""

    kind: Kind
    urn: str
    paths: tuple[str, ...] = ()
    """Inputs that differ, as property paths."""
    before: Hash = ""
    """Hash of the inputs there are; a secret counts by its being there."""
    after: Hash = ""
    """Hash of the inputs to be."""
    protected: bool = False
    """Whether an `up` stops rather than delete it."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """Type without those of its parents."""
        return self.urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]

    @property
    def title(self) -> str:
        """Kind and name, as in a table: `Container shop-db`."""
        return f"{self.type.rpartition(':')[2]} {self.name}"


class Impact(Part):
    """What a change means for those who use a service."""

    service: str
    """`<product>/<service>`."""
    text: str


class Finding(Part):
    """One rule that one resource breaks, or would but for a waiver."""

    verdict: Verdict
    rule: str
    number: str
    severity: str
    resource: str
    sentence: str
    """What is wrong, and where."""
    remedy: str
    waived: str
    """Until when, and why."""


class StackReport(Part):
    """One stack."""

    name: str
    operations: tuple[Operation, ...] = ()
    destructive: tuple[str, ...] = ()
    """Names, as URNs, of what is deleted or replaced for good: not the former release of what has a new one."""
    unchanged: int = 0
    impacts: tuple[Impact, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: str = ""
    """Why the preview did not come to its end."""
    base_failure: str = ""
    """Why there is nothing to compare with."""
    secrets: Mapping[str, str] = {}
    """Name of each secret that an `up` reads → hash of its value, by a key that is not in the report."""
    hash: Hash = ""
    """Of operations and secrets: what `slipway up --expect` compares."""

    @property
    def violations(self) -> Sequence[Finding]:
        """The rules that keep an `up` from happening."""
        return [one for one in self.findings if one.verdict == "violated"]

    def count(self, *kinds: Kind) -> int:
        """Return how many resources there are such operations for."""
        return sum(one.kind in kinds for one in self.operations)


class Conclusion(StrEnum):
    """What a reviewer should know first; the worst comes first."""

    FAILED = "failed"
    BROKEN = "broken"
    UNCOMPARED = "uncompared"
    DESTRUCTIVE = "destructive"
    CHANGES = "changes"
    NOTHING = "nothing"


class Report(Part):
    """The previews of some stacks at one revision."""

    format: Literal[1] = FORMAT
    source: Source
    """Compared with the program of another revision, or with the state."""
    head: Revision
    """Commit that was previewed; empty outside of git."""
    base: Revision
    """Commit that it was compared with."""
    run: str = Field(pattern=r"^[0-9]{0,20}$")
    """Run of the workflow that wrote it; empty elsewhere."""
    stacks: tuple[StackReport, ...] = Field(max_length=MOST_STACKS)

    @property
    def conclusion(self) -> Conclusion:
        """The worst that holds of any stack."""
        holds = {
            Conclusion.FAILED: any(stack.failure for stack in self.stacks),
            Conclusion.BROKEN: any(stack.violations for stack in self.stacks),
            Conclusion.UNCOMPARED: any(stack.base_failure for stack in self.stacks),
            Conclusion.DESTRUCTIVE: any(stack.destructive for stack in self.stacks),
            Conclusion.CHANGES: any(stack.operations for stack in self.stacks),
        }
        return next((conclusion for conclusion, it_does in holds.items() if it_does), Conclusion.NOTHING)

    def as_json(self) -> str:
        """Return the report for programs."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Return the report that a file holds; the file may be anybody's.

        Raises:
            ReportError: it is too large, or no report of this format; nothing in it is quoted.
        """
        if len(content) > LARGEST_BYTES:
            text = f"it is larger than {LARGEST_BYTES // 1024 // 1024} MiB"
            raise ReportError(text)
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            text = f"it is no report of format {FORMAT}: {_first(error.errors(include_url=False, include_input=False))}"
            raise ReportError(text) from None


def _first(mistakes: Sequence[Any]) -> str:
    """Return what is wrong first, by place; a place that the file made up is left out."""
    known = {*Report.model_fields, *StackReport.model_fields, *Operation.model_fields, *Finding.model_fields}
    place = [str(step) for step in mistakes[0]["loc"] if isinstance(step, int) or step in known]
    return f"at {'.'.join(place) or 'its beginning'}"
