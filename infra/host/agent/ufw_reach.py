"""Whether UFW would still let in the connection that the agent came by."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import NamedTuple

from infra.host.agent import places, ssh_session, ufw_state, xtables
from infra.host.agent.commands import run
from infra.host.agent.kind import AgentError
from infra.host.agent.request import current
from infra.host.agent.ssh_session import SshSession
from infra.host.agent.traffic import ANY
from infra.host.agent.ufw_rules import Entry
from infra.host.agent.ufw_state import State

_ADMITTING = frozenset({"allow", "limit"})
_NUMBERS = re.compile(r"[0-9]+([:,][0-9]+)*")
_DENYING = frozenset({"DROP", "REJECT"})


class Cut(NamedTuple):
    """The connection in use, and what keeps it from being made again."""

    client: str
    """Address that the server sees it come from."""
    port: int
    """Port of the server that it comes to."""
    rule: str
    """The rule that decides against it; empty where there is none about it."""


def cut(entries: Mapping[int, Iterable[Entry]], policy: str) -> Cut | None:
    """Return what rules under which the agent could not be reached again would cut, or nothing.

    Args:
        entries: IP version to the rules as they are going to be; a version that is left out is closed.
        policy: what happens to packets that no rule is about.
    """
    session = ssh_session.in_use()
    # UFW lets everything in that comes by the loopback.
    if session is None or session.client.is_loopback:
        return None
    version = session.client.version
    deciding = next((entry for entry in entries.get(version, ()) if _is_about(entry, session)), None)
    if _action(deciding, policy if version in entries else "deny") in _ADMITTING:
        return None
    return Cut(str(session.client), session.port, deciding.description if deciding else "")


def refuse_cut(entries: Mapping[int, Iterable[Entry]], policy: str) -> None:
    """Refuse rules under which the agent could not be reached again; the arguments are those of `cut`.

    Raises:
        AgentError: naming the rule that is missing, or the one that cuts the connection.
    """
    found = cut(entries, policy)
    if found is None:
        return
    reason = f"the rule `{found.rule}` comes first" if found.rule else "no rule lets it in"
    message = (
        f"refused, and nothing was changed on {current().host}: UFW would cut the connection in use, because {reason}. "
        f"Missing is a rule for tcp {found.port} from {found.client}, as in "
        f'{{port: "{found.port}", protocol: tcp, source: {found.client}, comment: …}}'
    )
    raise AgentError(message)


def refuse_unread(state: State) -> None:
    """Refuse to have UFW load what somebody wrote and it has not loaded yet, and what would cut the connection in use.

    Putting back what was there would not help against that: it is there already.

    Raises:
        AgentError: naming the rule and its file.
    """
    session = ssh_session.in_use()
    table = state.tables.get(session.client.version) if session else None
    if session is None or table is None or session.client.is_loopback:
        return
    loaded = [xtables.parse(line) for line in table.lines]
    for name, line in ufw_state.lines(state, session.client.version):
        rule = _parsed(line)
        if rule and _denies(rule, session) and not any(rule <= each for each in loaded):
            message = (
                f"refused, and nothing was changed on {current().host}: UFW has not loaded yet what would cut the "
                f"connection in use as soon as it does: `{line}` in {places.UFW / name}. Take it out there first"
            )
            raise AgentError(message)


def _parsed(line: str) -> xtables.Rule | None:
    """Return a rule that somebody wrote, or nothing when it has names for numbers or is none."""
    try:
        return xtables.parse(line)
    except ValueError:
        return None


def _denies(rule: xtables.Rule, session: SshSession) -> bool:
    """Return whether a rule keeps out new connections like the one in use; one with more conditions is not judged."""
    judged: dict[str, Callable[[str], bool]] = {
        **dict.fromkeys(("-A", "-I"), lambda chain: chain == "INPUT" or chain.endswith("-input")),
        **dict.fromkeys(("--dport", "--dports"), lambda ports: _has_port(ports, session.port)),
        **dict.fromkeys(("--syn", "--reject-with"), lambda _: True),
        "-j": lambda target: target in _DENYING,
        "-p": lambda protocol: protocol in {"tcp", "all"},
        "-s": lambda network: _has_address(network, session.client),
        "-d": lambda network: _has_address(network, session.server),
    }
    return all(option in judged and judged[option](values[0] if values else "") for option, *values in rule)


def _action(deciding: Entry | None, policy: str) -> str:
    return deciding.words.split()[0].partition("_")[0] if deciding else policy


def _is_about(entry: Entry, session: SshSession) -> bool:
    """Return whether a rule decides on new connections like the one in use."""
    rule = entry.rule
    return (
        rule is not None
        and ":" not in rule.action
        and rule.protocol in {"tcp", ANY}
        and rule.source_port == ANY
        and _has_port(rule.port, session.port)
        and _has_address(rule.source, session.client)
        and _has_address(rule.destination, session.server)
        and _is_by(rule.direction, session)
    )


def _is_by(direction: str, session: SshSession) -> bool:
    """Return whether the connection came by the interface of a rule, `in` or `in_<interface>`."""
    way, _, interface = direction.partition("_")
    return way == "in" and (not interface or interface == _interface(session))


def _interface(session: SshSession) -> str | None:
    """Return the interface that leads to the client."""
    result = run(["ip", "-json", "route", "get", str(session.client)])
    try:
        return str(json.loads(result.output)[0]["dev"])
    except (ValueError, LookupError):
        return None


def _has_port(ports: str, port: int) -> bool:
    """Return whether a port is among those of a rule, as in `22`, `80,443`, `8000:8010` or `any`."""
    if ports == ANY:
        return True
    if not _NUMBERS.fullmatch(ports):
        return False
    ranges = [[int(end) for end in part.split(":")] for part in ports.split(",")]
    return any(ends[0] <= port <= ends[-1] for ends in ranges)


def _has_address(network: str, address: IPv4Address | IPv6Address) -> bool:
    return network == ANY or address in ip_network(network, strict=False)
