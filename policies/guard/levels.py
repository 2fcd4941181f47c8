"""How strictly each rule is held in a stack, and by which settings: data in `levels/<stack>.json`.

The files have the form of a policy pack's own configuration, so that one can be given as `--policy-pack-config` too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi_policy import EnforcementLevel

from .rules import Policy
from .settings import Settings

ALL: Final = "all"
"""The name under which a file sets the level of every rule it does not name."""
LEVEL: Final = "enforcementLevel"
"""The level of a rule that is also told something."""
CHOICES: Final = {
    level.value: level for level in (EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED)
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """How one rule is held."""

    level: EnforcementLevel
    settings: Settings

    def same_as(self, other: "Hold") -> bool:
        """Tell whether it says the same, whatever kind of sequence its settings are."""
        mine, its = ({name: list(value) for name, value in hold.settings.items()} for hold in (self, other))
        return self.level is other.level and mine == its


Levels = Mapping[str, Hold]
"""Rule name to how it is held."""


class FileError(Exception):
    """A file of the pack cannot be used; the message says which, where and why."""


def defaults(rules: Sequence[Policy]) -> Levels:
    """Return how all rules are held where no file says otherwise."""
    return {rule.name: _hold(rule, {}, None) for rule in rules}


def load(folder: Path, stack: str, rules: Sequence[Policy]) -> Levels:
    """Return how all rules are held in a stack; all mistakes of its file come in one error."""
    path = folder / "levels" / f"{stack}.json"
    chosen = _read(path) if path.is_file() else {}
    mistakes = list(_mistakes(chosen, {rule.name: rule for rule in rules}))
    if mistakes:
        message = f"policies/levels/{path.name}: {'; '.join(mistakes)}."
        raise FileError(message)
    default = chosen.get(ALL, {}).get(LEVEL)
    return {rule.name: _hold(rule, chosen.get(rule.name, {}), default) for rule in rules}


def given(rule: Policy, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with what a rule is told."""
    for name, value in entry.items():
        if name == LEVEL:
            if value not in CHOICES:
                yield f"{rule.name} is none of {', '.join(CHOICES)}"
        elif name not in rule.settings:
            known = ", ".join(rule.settings) or "none"
            yield f"{rule.name} has no setting {name}; it has {known}"
        elif not rule.settings[name].fits(value):
            yield f"{rule.name}: {name} is not a list of {rule.settings[name].items}s"


def _hold(rule: Policy, entry: Mapping[str, Any], default: str | None) -> Hold:
    level = entry.get(LEVEL, default)
    settings = {name: value for name, value in entry.items() if name != LEVEL}
    return Hold(level=CHOICES[level] if level else rule.level, settings=rule.configured(settings))


def _mistakes(chosen: Mapping[str, Mapping[str, Any]], rules: Mapping[str, Policy]) -> Iterator[str]:
    for name, entry in chosen.items():
        if name in rules:
            yield from given(rules[name], entry)
        elif name != ALL:
            yield f"no rule is called {name}"
        elif entry.get(LEVEL) not in CHOICES or len(entry) > 1:
            yield f"{ALL} is none of {', '.join(CHOICES)}"


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return rule name to what the file says of it, also where that is the level's word alone."""
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"policies/levels/{path.name} is not JSON: {error}."
        raise FileError(message) from None
    if not isinstance(read, dict):
        message = f"policies/levels/{path.name} is not an object of rule names and levels."
        raise FileError(message)
    return {name: entry if isinstance(entry, dict) else {LEVEL: entry} for name, entry in read.items()}
