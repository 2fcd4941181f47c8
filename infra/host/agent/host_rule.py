"""A rule of UFW's for the server itself."""

from dataclasses import replace
from typing import Any

from infra.host.agent import places, ufw_commands, ufw_reach, ufw_rules, ufw_state
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current
from infra.host.agent.rescue import Rescue
from infra.host.agent.traffic import FAMILIES, Traffic
from infra.host.agent.ufw_rules import OURS, Entry

_SETTING_FILES = ("ufw.conf", "user.rules", "user6.rules")
_RELOADING = ("force-stop", "start")


def read(traffic: Traffic, comment: str) -> dict[str, Any] | None:
    """Return the comment and the IP versions by which UFW's files let traffic in, or nothing when they do not.

    That the kernel has the same is a matter of the `Ufw` resource, which is the one to load it.
    """
    with ufw_state.changing:
        state = ufw_state.read(kernel=False)
        if state is None:
            return None
        found = _entries(state, traffic)
        wanted = [version for version in traffic.versions if version in state.settings.versions]
    intact = [version for version, entry in found.items() if ufw_rules.is_intact(entry, traffic, version)]
    if not intact:
        return None
    comments = {found[version].comment for version in intact}
    return {
        "comment": comment if comments == {f"{OURS}{comment}"} else ", ".join(sorted(comments)).removeprefix(OURS),
        **({} if intact == wanted else {"family": _family(intact)}),
    }


def apply(traffic: Traffic, comment: str) -> None:
    """Let traffic in; a rule about the same traffic that says otherwise is replaced where it stands."""
    with ufw_state.changing:
        state = ufw_state.read()
        if state is None:
            message = f"ufw is not installed on {current().host}"
            raise AgentError(message)
        ufw_reach.refuse_unread(state)
        current().pause(0)
        ufw_commands.let_in(traffic, f"{OURS}{comment}")
        state = ufw_state.read(kernel=False)
        if state and any(not ufw_rules.is_intact(entry, traffic, at) for at, entry in _entries(state, traffic).items()):
            ufw_commands.log(state.settings.logging or "low")
            ufw_commands.reload()


def remove(traffic: Traffic) -> None:
    """Delete the rule, and no other; what another declared rule lets in as well stays.

    Raises:
        AgentError: when it is the rule by which the agent came.
    """
    with ufw_state.changing:
        state = ufw_state.read()
        if state is None:
            return
        found = _entries(state, traffic)
        going = [version for version, entry in found.items() if not _is_needed(entry, version, but=traffic)]
        if not going:
            return
        if state.settings.enabled:
            ufw_reach.refuse_unread(state)
            left = {
                version: [entry for entry in each.entries if version not in going or entry != found[version]]
                for version, each in state.files.items()
            }
            ufw_reach.refuse_cut(left, state.settings.incoming)
        whole = len(going) == len(found)
        for part in [traffic] if whole else [replace(traffic, family=_family([version])) for version in going]:
            ufw_commands.keep_out(part)


def rescue() -> Rescue:
    """Return UFW's files, and how they are loaded as they were saved.

    `ufw reload` would leave the rules of an enabled UFW loaded where it had been disabled before.
    """
    own = ufw_state.packaged_files((4, 6))
    return Rescue(
        files=(
            str(places.UFW_DEFAULTS),
            *(str(places.UFW / name) for name in (*_SETTING_FILES, *own)),
            str(ufw_state.record_path()),
        ),
        reload=tuple((str(places.UFW_PROGRAM), verb) for verb in _RELOADING),
    )


def _entries(state: ufw_state.State, traffic: Traffic) -> dict[int, Entry]:
    """Return the rules for some traffic, by IP version."""
    found = {
        version: state.files[version].find(ufw_rules.words(traffic, version))
        for version in traffic.versions
        if version in state.files
    }
    return {version: entry for version, entry in found.items() if entry}


def _is_needed(entry: Entry, version: int, *, but: Traffic) -> bool:
    """Return whether another declared rule lets the same in: rules for one and for both IP versions share a half."""
    declared = (Traffic.parse(label) for label in ufw_state.declared())
    others = [each for each in declared if each and each != but and version in each.versions]
    return entry.words in [ufw_rules.words(each, version) for each in others]


def _family(versions: list[int]) -> str:
    return next(name for name, those in FAMILIES.items() if list(those) == versions)
