"""What systemd knows about a unit, and what others have put beside its file."""

import os
import time
from collections.abc import Collection, Mapping
from itertools import count
from pathlib import Path

from infra.host.agent import places
from infra.host.agent.commands import must, run
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current

_SHOWN = ("LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload", "InactiveExitTimestampMonotonic")
_RUNNING = frozenset({"active", "activating", "reloading"})
_JOURNAL_LINES = 20
_OURS = "slipway"


def show(unit: str) -> dict[str, str]:
    """Return the properties of a unit that tell what state it is in."""
    lines = must(["systemctl", "show", f"--property={','.join(_SHOWN)}", unit]).splitlines()
    return dict.fromkeys(_SHOWN, "") | dict(line.split("=", 1) for line in lines)


def is_running(shown: Mapping[str, str]) -> bool:
    """Return whether a unit runs."""
    return shown["ActiveState"] in _RUNNING


def started_at(shown: Mapping[str, str]) -> float:
    """Return when a unit that runs was started, in seconds since 1970."""
    age = time.clock_gettime(time.CLOCK_MONOTONIC) - int(shown["InactiveExitTimestampMonotonic"] or 0) / 1_000_000
    return time.time() - age


def unmask(unit: str, shown: Mapping[str, str]) -> None:
    """Lift the mask of a unit, also one that lasts until the next boot only."""
    must(["systemctl", "unmask", *(["--runtime"] if shown["UnitFileState"] == "masked-runtime" else []), unit])


def bring(verb: str, unit: str) -> None:
    """Start, stop or restart a unit.

    Raises:
        AgentError: with the end of its journal, when that fails.
    """
    result = run(["systemctl", verb, unit], finish=True)
    if result.code != 0:
        journal = run(["journalctl", f"--unit={unit}", f"--lines={_JOURNAL_LINES}", "--output=cat", "--no-pager"])
        message = f"{unit} did not {verb}: {result.complaint.strip()}\n{journal.output.strip()}"
        raise AgentError(message)


def foreign_drop_ins(unit: str, allowed: Collection[str] = ()) -> list[Path]:
    """Return the drop-ins of a unit that are neither ours nor allowed, by name."""
    found = _drop_in_folder(unit).glob("[!.]*.conf")
    return sorted(path for path in found if not path.name.startswith(_OURS) and path.name not in allowed)


def put_drop_ins_aside(unit: str, allowed: Collection[str] = ()) -> bool:
    """Rename the drop-ins of a unit that are neither ours nor allowed; return whether there were any.

    They are in effect until systemd has read its files again.
    """
    foreign = foreign_drop_ins(unit, allowed)
    for path in foreign:
        # systemd passes over what does not end in `.conf`.
        names = (path.with_name(f"{path.name}.aside{number or ''}") for number in count())
        aside = next(name for name in names if not os.path.lexists(name))
        path.rename(aside)
        current().warn(f"{path} on {current().host} changed {unit} and is not declared: it is {aside} now")
    return bool(foreign)


def _drop_in_folder(unit: str) -> Path:
    return places.UNITS / f"{unit}.d"
