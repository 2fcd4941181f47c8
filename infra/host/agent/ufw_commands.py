"""What is done to UFW, by its own commands where it has one."""

from collections.abc import Iterable
from pathlib import Path

from infra.host.agent import places, text_file, ufw_rules, ufw_state, xtables
from infra.host.agent.commands import must, run
from infra.host.agent.request import current
from infra.host.agent.traffic import Traffic

_FIRST_CHAINS = {4: "ufw-before-logging-input", 6: "ufw6-before-logging-input"}
"""The chain by which UFW tells whether its rules lead from the kernel's chains to its own."""


def let_in(traffic: Traffic, comment: str) -> None:
    """Let traffic in; a rule about the same traffic that says otherwise is replaced where it stands."""
    must(["ufw", *ufw_rules.allow(traffic), "comment", comment], finish=True)


def keep_out(traffic: Traffic) -> None:
    """Delete the rule that lets traffic in."""
    must(["ufw", "--force", "delete", *ufw_rules.allow(traffic)], finish=True)


def log(level: str) -> None:
    """Set what is logged; UFW writes its files anew, so that what is loaded follows from the rules again."""
    must(["ufw", "logging", level], finish=True)


def reload() -> None:
    """Load what the files have; without effect while UFW is disabled."""
    must(["ufw", "reload"], finish=True)


def disable() -> None:
    """Unload the rules, now and for the next boot."""
    must(["ufw", "disable"], finish=True)


def write(version: int, content: str) -> None:
    """Write the file of rules of one IP version."""
    _replace(ufw_rules.path(version), content.splitlines())


def restore_packaged(versions: Iterable[int]) -> None:
    """Bring UFW's own rules back to what its package has."""
    for name in ufw_state.packaged_files(versions):
        if list(ufw_state.customized(name)):
            _replace(places.UFW / name, text_file.read(places.UFW_PACKAGED / name) or [])


def load(*, enabled: bool, before: bool, exclusive: bool) -> None:
    """Enable, disable or reload UFW, and see to it that its rules are used.

    Args:
        enabled: whether it is to be enabled.
        before: whether it is so already.
        exclusive: whether rules for incoming packets that are not UFW's go.
    """
    if enabled and not before:
        current().status("enabling ufw")
        must(["ufw", "--force", "enable"], finish=True)
    elif enabled:
        reload()
    elif before:
        disable()
    if not enabled or (state := ufw_state.read()) is None:
        return
    if list(ufw_state.misloaded_rules(state)):
        # Where chains of a former start are left over, UFW takes itself for started.
        reload()
        state = ufw_state.read() or state
    if not all(ufw_state.is_connected(table, version) for version, table in state.tables.items()):
        _connect(state)
        state = ufw_state.read() or state
    if exclusive:
        for version, table in state.tables.items():
            for line in ufw_state.foreign(table, version):
                xtables.delete(version, line)


def _connect(state: ufw_state.State) -> None:
    """Have the kernel's chains lead to UFW's again: UFW itself does so only where its first chain is missing."""
    program = str(places.UFW_PROGRAM)
    must([program, "force-stop"], finish=True)
    for version, table in state.tables.items():
        for line in ufw_state.jumps(table, version):
            xtables.delete(version, line)
        run([xtables.PROGRAMS[version], "-X", _FIRST_CHAINS[version]], finish=True)
    must([program, "start"], finish=True)


def _replace(path: Path, lines: list[str]) -> None:
    text_file.change(path, lambda _: lines)
