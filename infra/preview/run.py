"""What the engine's events of a preview say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.cli import policy_report
from infra.cli.events import Event
from infra.preview import impacts
from infra.preview.inputs import changed_paths, hashed, readable
from infra.preview.report import Finding, Impact, Kind, Operation

STACK_TYPE: Final = "pulumi:pulumi:Stack"
KINDS: Final[Mapping[str, Kind]] = {
    "create": "create",
    "import": "import",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "delete": "delete",
    "remove-pending-replace": "delete",
}
"""The engine's word → ours; what is not here changes nothing (pulumi v3.259.0, pkg/resource/deploy/step.go)."""
SETTLED: Final = "same"
_HEADING: Final = "Preview failed: "
_ENDINGS: Final = ("preview failed", "an unhandled error occurred: program exited with non-zero exit code: 1")
"""What the engine adds when every single failure has been named."""
NOT_DONE: Final = "the engine ended before the preview was done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource as the program wants it."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    """Readable ones."""
    protected: bool


@dataclass(kw_only=True, slots=True)
class Run:
    """What one preview came to."""

    operations: list[Operation] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    """What the program wants, by name."""
    unchanged: int = 0
    impacts: list[Impact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failure: str = ""


class Listener:
    """Takes the events of a preview one by one."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._resources: dict[str, Resource] = {}
        self._settled: set[str] = set()
        self._foretold: dict[str, Mapping[str, Any]] = {}
        self._gone: dict[str, Mapping[str, Any]] = {}
        self._findings: list[Finding] = []
        self._troubles: list[str] = []
        self._ended = False

    @property
    def seen(self) -> int:
        """How many resources the engine has come to."""
        return len(self._resources)

    def hear(self, event: Event) -> None:
        """Take an event."""
        match event:
            case {"resourcePreEvent": {"metadata": step}}:
                self._begin(step)
            case {"resOutputsEvent": {"metadata": {"op": word, "urn": urn, "new": {"outputs": outputs}}}}:
                # What a refresh has read is told of what will be deleted, too.
                if word == SETTLED or word in KINDS:
                    self._foretold[urn] = outputs or {}
            case {"policyEvent": finding}:
                self._findings.append(_finding(finding))
            case {"diagnosticEvent": {"severity": "error", "message": message}}:
                self._troubles.append(str(message).strip().removeprefix(_HEADING))
            case {"summaryEvent": _}:
                self._ended = True

    def run(self, error: str | None) -> Run:
        """Return what is known once the engine has ended.

        Args:
            error: its last word, of a run that failed.
        """
        return Run(
            operations=sorted(self._operations.values(), key=lambda one: one.urn),
            resources=self._resources,
            unchanged=len(self._settled - self._operations.keys()),
            impacts=list(impacts.foretold(self._foretold, self._gone)),
            findings=self._findings,
            failure=self._failure(error),
        )

    def _begin(self, step: Mapping[str, Any]) -> None:
        urn, word = str(step["urn"]), str(step["op"])
        if step["type"] == STACK_TYPE:
            return
        kind = KINDS.get(word)
        if kind is not None:
            self._operations[urn] = _operation(kind, step, self._operations.get(urn))
        elif word == SETTLED:
            self._settled.add(urn)
        if kind == "delete":
            self._gone[urn] = readable((step.get("old") or {}).get("inputs"))
        new = step.get("new")
        if new and (kind or word == SETTLED):
            self._resources[urn] = Resource(
                urn=urn, type=step["type"], inputs=readable(new.get("inputs")), protected=bool(new.get("protect"))
            )

    def _failure(self, error: str | None) -> str:
        """Return why the preview did not come to its end; a broken rule is no reason, it is told as such."""
        told = dict.fromkeys(self._troubles)
        if reasons := [one for one in told if one not in _ENDINGS] or [one for one in told if one != _ENDINGS[0]]:
            return "\n".join(reasons)
        if any(one.verdict == "violated" for one in self._findings):
            return ""
        return "" if self._ended and error is None else (error or NOT_DONE)


def listen(events: "Iterator[Event | str | None]") -> Run:
    """Return what a run came to: its events, and after them its last word."""
    listener, error = Listener(), None
    for event in events:
        if event is None or isinstance(event, str):
            error = event
        else:
            listener.hear(event)
    return listener.run(error)


def _operation(kind: Kind, step: Mapping[str, Any], known: Operation | None) -> Operation:
    """Return an operation; a replacement comes in three steps, of which the deletion knows one side only."""
    if known is not None and known.before and known.after:
        return known
    old, new = (step.get(side) or {} for side in ("old", "new"))
    before, after = readable(old.get("inputs")), readable(new.get("inputs"))
    told = step.get("detailedDiff") or step.get("diffs") or ()
    paths = changed_paths(before, after) if kind in ("update", "replace") else ()
    return Operation(
        kind=kind,
        urn=step["urn"],
        paths=tuple(sorted(told or paths)),
        before=hashed(before) if old else "",
        after=hashed(after) if new else "",
        protected=bool(old.get("protect")),
    )


def _finding(event: Mapping[str, Any]) -> Finding:
    found = policy_report.finding(event)
    return Finding(
        verdict=found.verdict,
        rule=found.rule,
        number=found.number,
        severity=found.severity,
        resource=found.resource,
        sentence=found.sentence,
        remedy=found.remedy,
        waived=found.waived,
    )
