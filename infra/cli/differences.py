"""What the engine's events of a refresh say: which property of which resource is not as the state has it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HIDDEN: Final = "[secret]"
ABSENT: Final = None
"""Stands for a value that is not there, on either side."""
REMOTE_TIME: Final = "remoteUpdatedAt"
"""When GitHub got a secret the last time, as its provider reads it."""
THERE: Final = "there"
GONE: Final = "gone"
# Signature of a sealed value on the wire: sdk/go/common/resource/sig/sig.go.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SEALED: Final = "1b47061264138c4ac30d75fd1eb44270"
_STEP: Final = re.compile(r"\[(\d+)\]|\[\"((?:[^\"\\]|\\.)*)\"\]|([^.\[]+)")
_PROVIDER: Final = "pulumi:providers:"
_STACK: Final = "pulumi:pulumi:Stack"
_HEADING: Final = "Preview failed: "
_ENDING: Final = "preview failed"
"""What the engine adds when it has named every single failure."""
NOT_READ: Final = "the engine ended before it was read"
NOT_DONE: Final = "the engine ended before it was done"
NOTHING_APPLIED: Final = "nothing was ever applied: run `pulumi up` first"
"""What is said of a state without resources: that nothing in it is wrong says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A property that is not as the state has it."""

    server: str
    resource: str
    """Kind and name, as in a preview: `File main-motd`."""
    urn: str
    property: str
    """Path of the property; empty when the whole resource is gone."""
    expected: Any
    actual: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """Resources of one server that could not be read, for one reason."""

    server: str
    resources: tuple[str, ...]
    reason: str


@dataclass(kw_only=True, slots=True)
class Comparison:
    """What is known of a stack once its events are read."""

    differences: list[Difference] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    read: int = 0
    """How many resources were read."""


class Listener:
    """Takes the events of a refresh one by one."""

    def __init__(self) -> None:
        self._providers: dict[str, str] = {}
        self._subjects: dict[str, Mapping[str, Any]] = {}
        self._read: dict[str, Mapping[str, Any]] = {}
        self._failed: dict[str, str] = {}
        self._troubles: list[str] = []
        self._warnings: list[str] = []
        self._ended = False

    @property
    def progress(self) -> tuple[int, int]:
        """How many resources are done with, of how many that were begun."""
        return len(self._read.keys() | self._failed.keys()), len(self._subjects)

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        match event:
            case {"resourcePreEvent": {"metadata": step}}:
                self._begin(step)
            case {"resOutputsEvent": {"metadata": {"urn": urn} as step}} if urn in self._subjects:
                self._read[urn] = step
            case {"diagnosticEvent": {"severity": severity, "message": message} as remark}:
                self._remark(str(severity), str(message).strip(), str(remark.get("urn", "")))
            case {"summaryEvent": _}:
                self._ended = True

    def comparison(self) -> Comparison:
        """Return what is known, once the engine has ended."""
        return Comparison(
            differences=sorted(self._differences(), key=lambda one: (one.server, one.resource, one.property)),
            unread=sorted(self._unread(), key=lambda one: (one.server, one.reason)),
            warnings=list(dict.fromkeys(self._warnings)),
            read=len(self._read),
        )

    def _begin(self, step: Mapping[str, Any]) -> None:
        state = step.get("old") or {}
        if str(step["type"]).startswith(_PROVIDER):
            parent = str(state.get("parent", ""))
            # The component that a provider belongs to is the server; one of the stack itself speaks for itself.
            self._providers[step["urn"]] = _name(step["urn"] if _type(parent) in ("", _STACK) else parent)
        elif state.get("custom"):
            self._subjects[step["urn"]] = step

    def _remark(self, severity: str, message: str, urn: str) -> None:
        text = message.removeprefix(_HEADING)
        if severity == "error" and urn in self._subjects:
            self._failed[urn] = text
        elif severity == "error" and text != _ENDING:
            self._troubles.append(text)
        elif severity == "warning":
            self._warnings.append(f"{_resource(urn)}: {text}" if urn else text)

    def _differences(self) -> Iterator[Difference]:
        for urn, step in self._read.items():
            for path, expected, actual in _changes(step):
                yield Difference(
                    server=self._server(urn),
                    resource=_resource(urn),
                    urn=urn,
                    property=path,
                    expected=expected,
                    actual=actual,
                )

    def _unread(self) -> Iterator[Unread]:
        left = {urn: NOT_READ for urn in self._subjects if urn not in self._read}
        groups: dict[tuple[str, str], list[str]] = {}
        for urn, reason in {**left, **self._failed}.items():
            groups.setdefault((self._server(urn), reason), []).append(_resource(urn))
        for (server, reason), resources in groups.items():
            yield Unread(server=server, resources=tuple(sorted(resources)), reason=reason)
        troubles = dict.fromkeys(self._troubles)
        if not troubles and not (self._ended and self._subjects):
            troubles = {NOTHING_APPLIED if self._ended else NOT_DONE: None}
        yield from (Unread(server="", resources=(), reason=trouble) for trouble in troubles)

    def _server(self, urn: str) -> str:
        provider = str(self._subjects[urn].get("provider", "")).rpartition("::")[0]
        return self._providers.get(provider) or _name(provider)


def _changes(step: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, expected and actual value of what differs; what a provider shows without an operation is noise."""
    if step["op"] == "delete":
        yield "", THERE, GONE
        return
    yield from _set_by_others(step)
    if step["op"] != "update":
        return
    old, new = step.get("old") or {}, step.get("new") or {}
    detailed: Mapping[str, Any] = step.get("detailedDiff") or {key: {} for key in step.get("diffs") or ("",)}
    for path in sorted(detailed):
        # As the engine pairs them itself: pkg/engine/detailedDiff.go, `TranslateDetailedDiff`.
        side = "inputs" if (detailed[path] or {}).get("inputDiff") else "outputs"
        yield path, *_pair(path, old.get(side) or {}, new.get(side) or {})


def _set_by_others(step: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield that GitHub got a secret after its provider has set it: nobody can read one, and no operation tells."""
    outputs = (step.get("new") or {}).get("outputs") or {}
    ours, latest = outputs.get("updatedAt"), outputs.get(REMOTE_TIME)
    if ours and latest and ours != latest:
        yield REMOTE_TIME, ours, latest


def _pair(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Any, Any]:
    steps = list(_steps(path))
    # A list may have been reordered, and a provider may read back in the clear what went in sealed: of a property that
    # holds a secret anywhere nothing is shown.
    if steps and any(_holds_secret(side.get(str(steps[0]))) for side in (old, new)):
        return HIDDEN, HIDDEN
    return (_at(old, steps), _at(new, steps)) if steps else (ABSENT, ABSENT)


def _steps(path: str) -> Iterator[str | int]:
    """Yield the steps of a property path: `env[0]`, `restartOn["/etc/motd"]`, `a.b`."""
    for index, quoted, name in _STEP.findall(path):
        if index:
            yield int(index)
        else:
            yield name or re.sub(r"\\(.)", r"\1", quoted)


def _at(value: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        if isinstance(value, Mapping) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ABSENT
    return value


def is_sealed(value: Any) -> bool:
    """Tell whether a value in an event is a secret, which the engine has left out."""
    return isinstance(value, Mapping) and value.get(_SIGNATURE) == _SEALED


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_sealed(value) or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _type(urn: str) -> str:
    """Return the type of a resource without those of its parents; empty for what is no URN."""
    return urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]


def _resource(urn: str) -> str:
    return f"{_type(urn).rpartition(':')[2]} {_name(urn)}"
