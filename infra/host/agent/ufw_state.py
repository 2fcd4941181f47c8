"""UFW as it really is: its settings, its rules in the files, and what of them the kernel has.

`ufw status` takes 81 ms and shows neither a rule that was deleted from the kernel nor one that was added there; the
files and `iptables-save` take 7 ms together.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from infra.host.agent import files, places, ufw_rules, ufw_settings, xtables
from infra.host.agent.traffic import Traffic
from infra.host.agent.ufw_rules import CHAINS, Entry, RulesFile
from infra.host.agent.ufw_settings import Settings

changing = RLock()
"""Held while UFW is read or changed: while it reloads, its chains are empty for a moment."""
_DIRECTIONS = ("input", "output", "forward")
_STAGES = ("before-logging", "before", "after", "after-logging", "reject", "track")
"""UFW's own chains for one direction, in the order that packets pass them."""
_BUILT_IN = ("-A INPUT ", "-A OUTPUT ", "-A FORWARD ")
_PACKAGED = {4: ("before.rules", "after.rules"), 6: ("before6.rules", "after6.rules")}
"""IP version to the files with UFW's own rules."""


class State(NamedTuple):
    """UFW as it was read."""

    settings: Settings
    files: Mapping[int, RulesFile]
    """IP version to the rules in the file."""
    tables: Mapping[int, xtables.Table]
    """IP version to what the kernel has; none while UFW is disabled."""

    def is_effective(self, traffic: Traffic, version: int) -> bool:
        """Return whether traffic is let in by the file and, once UFW is enabled, by the kernel."""
        entry = self.files[version].find(ufw_rules.words(traffic, version)) if version in self.files else None
        if entry is None or not ufw_rules.is_intact(entry, traffic, version):
            return False
        if version not in self.tables:
            return True
        loaded = [xtables.parse(line) for line in self.tables[version].chain(f"{CHAINS[version]}input")]
        return all(rule in loaded for rule in ufw_rules.lines(traffic, version))


def read(*, kernel: bool = True) -> State | None:
    """Return the state, or nothing when UFW is not installed.

    Args:
        kernel: whether to ask the kernel, too.
    """
    settings = ufw_settings.read()
    if settings is None:
        return None
    asked = settings.versions if kernel and settings.enabled else ()
    return State(
        settings,
        {version: ufw_rules.read(version) for version in settings.versions},
        {version: xtables.read(version) for version in asked},
    )


def undeclared(state: State) -> Iterator[str]:
    """Yield what lets packets in or keeps them out and was declared by nobody."""
    for version, found in state.files.items():
        for entry in found.entries:
            if not entry.is_ours:
                yield entry.description
        yield from (f"{ufw_rules.FILES[version]}: {line}" for line in found.strays)
        for name in _PACKAGED[version]:
            yield from (f"{name}: {line}" for line in customized(name))
    for version, table in state.tables.items():
        yield from (f"{xtables.PROGRAMS[version]} {line}" for line in foreign(table, version))


def customized(name: str) -> Iterator[str]:
    """Yield in what one of UFW's own files of rules differs from the package's."""
    packaged, found = (_rules(folder / name) for folder in (places.UFW_PACKAGED, places.UFW))
    if packaged is not None:
        yield from (found or Counter()) - packaged
        yield from (f"{line} (missing)" for line in packaged - (found or Counter()))


def lines(state: State, version: int) -> Iterator[tuple[str, str]]:
    """Yield file and rule of what UFW would load beside the rules of its package."""
    found = state.files[version]
    for line in (*found.strays, *(line for entry in found.entries for line in entry.lines)):
        yield ufw_rules.FILES[version], line
    for name in _PACKAGED[version]:
        yield from ((name, line) for line in customized(name) if line.startswith("-"))


def packaged_files(versions: Iterable[int]) -> list[str]:
    """Return the names of the files with UFW's own rules."""
    return [name for version in versions for name in _PACKAGED[version]]


def policies(state: State) -> dict[str, str]:
    """Return the policies, with the kernel's where it does not follow UFW's files."""
    found = {}
    for direction, chain in ufw_settings.CHAINS.items():
        policy = getattr(state.settings, direction)
        # Docker closes the forward chain, whatever UFW wants.
        expected = (
            {"ACCEPT", "DROP"}
            if (direction, policy) == ("routed", "allow")
            else {"ACCEPT" if policy == "allow" else "DROP"}
        )
        actual = {table.policies.get(chain, "") for table in state.tables.values()}
        found[direction] = policy if actual <= expected else f"{policy}, and {'/'.join(sorted(actual))} in the kernel"
    return found


def jumps(table: xtables.Table, version: int) -> list[str]:
    """Return the rules that lead from the kernel's chains to UFW's."""
    return [line for line in table.lines if line.startswith(_BUILT_IN) and f" -j {_prefix(version)}" in line]


def is_connected(table: xtables.Table, version: int) -> bool:
    """Return whether the kernel's chains lead to UFW's as UFW makes them do."""
    found = jumps(table, version)
    for direction in _DIRECTIONS:
        chain = f"-A {direction.upper()} "
        wanted = [f"{chain}-j {_prefix(version)}{stage}-{direction}" for stage in _STAGES]
        if [line for line in found if line.startswith(chain)] != wanted:
            return False
    return True


def foreign(table: xtables.Table, version: int) -> list[str]:
    """Return the rules for incoming packets that are not UFW's."""
    return [line for line in table.chain("INPUT") if f" -j {_prefix(version)}" not in line]


def misloaded_rules(state: State) -> Iterator[str]:
    """Yield in what the chains of people's rules differ from UFW's files."""
    for version, table in state.tables.items():
        for direction in _DIRECTIONS:
            chain = f"{CHAINS[version]}{direction}"
            written = [line for entry in state.files[version].entries for line in _of_chain(entry, chain)]
            yield from _differences(chain, written, table.chain(chain))


def misloaded(state: State) -> Iterator[str]:
    """Yield in what the kernel differs from what UFW loads."""
    yield from misloaded_rules(state)
    recorded = _recorded()
    for version, table in state.tables.items():
        if version in recorded:
            yield from _changes(version, recorded[version], _own(table, version))
        else:
            yield f"the {xtables.PROGRAMS[version]} rules that UFW loads are not on record"


def record(state: State, rules: Sequence[str], *, enabled_before: bool) -> None:
    """Remember the chains that UFW has just loaded, beside those of people's rules, and the declared rules.

    Args:
        state: UFW as it is now.
        rules: labels of the declared rules.
        enabled_before: whether UFW was enabled before it was ours.
    """
    chains = {str(version): _own(table, version) for version, table in state.tables.items()}
    content = json.dumps({"rules": list(rules), "chains": chains, "enabledBefore": enabled_before}, indent=1).encode()
    if not record_path().exists() or record_path().read_bytes() != content:
        files.write(record_path(), content, mode=0o600)


def record_path() -> Path:
    """Return the file with what was last loaded."""
    return places.FIREWALL_RECORDS / "ufw.json"


def was_enabled_before(now: Settings) -> bool:
    """Return whether UFW was enabled before it was ours; while it is not, that is what it is now."""
    return bool(_record().get("enabledBefore")) if record_path().exists() else now.enabled


def declared() -> list[str]:
    """Return the labels of the rules that were declared last."""
    found = _record().get("rules")
    return [str(label) for label in found] if isinstance(found, list) else []


def _recorded() -> dict[int, list[str]]:
    """Return the chains as they were loaded, by IP version."""
    try:
        return {int(version): list(lines) for version, lines in _record()["chains"].items()}
    except (LookupError, ValueError, TypeError, AttributeError):
        return {}


def _record() -> dict[str, Any]:
    try:
        found = json.loads(record_path().read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _own(table: xtables.Table, version: int) -> list[str]:
    """Return the rules in UFW's own chains and those that lead there."""
    users = tuple(f"-A {CHAINS[version]}{direction} " for direction in _DIRECTIONS)
    prefix = _prefix(version)
    return [
        line
        for line in table.lines
        if (line.startswith(f"-A {prefix}") and not line.startswith(users))
        or (line.startswith(_BUILT_IN) and f" -j {prefix}" in line)
    ]


def _changes(version: int, recorded: list[str], loaded: list[str]) -> Iterator[str]:
    before, now = Counter(recorded), Counter(loaded)
    yield from (f"{line} (added)" for line in now - before)
    yield from (f"{line} (removed)" for line in before - now)
    if before == now and recorded != loaded:
        yield f"the {xtables.PROGRAMS[version]} rules that UFW loads are in another order"


def _differences(chain: str, written: Sequence[str], loaded: Sequence[str]) -> Iterator[str]:
    """Yield in what a chain differs from the file; the kernel may spell out what the file leaves to it."""
    left = [(number, xtables.parse(line)) for number, line in enumerate(loaded)]
    positions: list[int] = []
    for line in written:
        rule = xtables.parse(line)
        match = next((item for item in left if rule == item[1]), None) or next(
            (item for item in left if rule <= item[1]), None
        )
        if match is None:
            yield f"{line} (not loaded)"
        else:
            left.remove(match)
            positions.append(match[0])
    yield from (f"{loaded[number]} (not in UFW's file)" for number, _ in left)
    if positions != sorted(positions):
        yield f"{chain} is in another order than UFW's file"


def _of_chain(entry: Entry, chain: str) -> list[str]:
    return [line for line in entry.lines if line.startswith(f"-A {chain} ")]


def _prefix(version: int) -> str:
    return CHAINS[version].removesuffix("user-")


def _rules(path: Path) -> Counter[str] | None:
    """Return the rules in one of UFW's own files."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    return Counter(line.strip() for line in lines if line.startswith(("-", ":", "*")))
