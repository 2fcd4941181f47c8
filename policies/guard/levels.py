"""How strictly each rule is held in a stack: data in `levels/<stack>.json`, mandatory where nothing is said.

The files have the form of a policy pack's own configuration, so that one can be given as `--policy-pack-config` too.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from pulumi_policy import EnforcementLevel

ALL: Final = "all"
"""The name under which a file sets the level of every rule it does not name."""
CHOICES: Final = {
    level.value: level for level in (EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY, EnforcementLevel.DISABLED)
}

Levels = Mapping[str, EnforcementLevel]
"""Rule name to level."""


class FileError(Exception):
    """A file of the pack cannot be used; the message says which, where and why."""


def load(folder: Path, stack: str, rules: Collection[str]) -> Levels:
    """Return the levels of all rules in a stack."""
    path = folder / "levels" / f"{stack}.json"
    chosen = _read(path) if path.is_file() else {}
    mistakes = [
        *(f"no rule is called {name}" for name in chosen if name != ALL and name not in rules),
        *(f"{name} is none of {', '.join(CHOICES)}" for name, level in chosen.items() if level not in CHOICES),
    ]
    if mistakes:
        message = f"policies/levels/{path.name}: {'; '.join(mistakes)}."
        raise FileError(message)
    default = chosen.get(ALL, EnforcementLevel.MANDATORY.value)
    return {name: CHOICES[chosen.get(name, default)] for name in rules}


def _read(path: Path) -> Mapping[str, str]:
    """Return rule name to the level's word, also where a file gives an object with an `enforcementLevel`."""
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"policies/levels/{path.name} is not JSON: {error}."
        raise FileError(message) from None
    if not isinstance(read, dict):
        message = f"policies/levels/{path.name} is not an object of rule names and levels."
        raise FileError(message)
    return {
        name: str(level.get("enforcementLevel")) if isinstance(level, dict) else str(level)
        for name, level in read.items()
    }
