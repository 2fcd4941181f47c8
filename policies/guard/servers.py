"""Rules on servers: who gets in, what is open, and what lies around in files."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Final

from pulumi_policy import Severity
from pulumi_policy.proxy import UnknownValueError

from .credentials import holds_secret
from .inputs import Sentence
from .mounts import normal
from .resource import Resource, Stack
from .rules import rule, stack_rule
from .types import AUTHORIZED_KEYS, BASELINE, FIREWALL_RULE, HOST_FILE, HOST_PACKAGE, HOST_PROVIDER, HOST_UNIT, SERVER

SHORTEST_REASON: Final = 15
SHORTEST_COMMENT: Final = 3
HIDDEN_FOLDER: Final = "secrets"
EVERYBODY: Final = frozenset({"", "any", "0.0.0.0/0", "::/0"})
DEFAULT_SSH: Final = 22


@stack_rule(
    "H01",
    on=(FIREWALL_RULE, HOST_PROVIDER, HOST_PACKAGE, HOST_UNIT),
    severity=Severity.HIGH,
    remedy="Name the networks that may sign in under `firewall.ssh_from`, or leave fail2ban on.",
    sources=("CIS Debian 5.1", "security.md H21"),
)
def ssh_open_to_the_world_has_fail2ban(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Where everybody may try to sign in by SSH, fail2ban bans those who fail.

    Within minutes of its first start a server is tried thousands of times a day.
    """
    ports = {provider.urn: int(provider.known("port") or DEFAULT_SSH) for provider in stack.of(HOST_PROVIDER)}
    installed = {package.provider for package in stack.of(HOST_PACKAGE) if package.known("name") == "fail2ban"}
    units = (unit for unit in stack.of(HOST_UNIT) if unit.known("name") == "fail2ban.service")
    guarded = installed - {unit.provider for unit in units if not _runs(unit)}
    yield from stack.each(partial(_unguarded, ports=ports, guarded=guarded), FIREWALL_RULE)


@rule(
    "H02",
    on=FIREWALL_RULE,
    severity=Severity.MEDIUM,
    remedy="Say in `comment` what the rule is for: the firewall keeps it.",
    sources=("security.md H20",),
)
def firewall_rule_says_what_it_is_for(opened: Resource) -> Iterator[Sentence]:
    """Each rule of a firewall says what it is for.

    Nobody dares to delete a rule that nobody can explain.
    """
    if len((opened.get("comment") or "").strip()) < SHORTEST_COMMENT:
        yield "`comment` is not set."


@stack_rule(
    "H03",
    on=(SERVER, AUTHORIZED_KEYS),
    severity=Severity.CRITICAL,
    remedy="Name at least one key under `admin_keys` of the server.",
    sources=("security.md T5",),
    waits=True,
)
def server_has_an_admin_key(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Each server has a key that somebody signs in with.

    Without one, closing root's login and passwords locks everybody out.
    """
    keyed = {keys.parent for keys in stack.of(AUTHORIZED_KEYS) if _has_key(keys)}
    for server in stack.of(SERVER):
        if server.urn not in keyed:
            yield server, "It has no `AuthorizedKeys` with a key."


@rule(
    "H04",
    on=BASELINE,
    severity=Severity.HIGH,
    remedy=f"Give the override a `reason` of {SHORTEST_REASON} characters or more.",
    sources=("docs/adr/0013",),
)
def override_has_a_reason(baseline: Resource) -> Iterator[Sentence]:
    """What is otherwise on a server than its profile has it has a reason.

    A hole that nobody remembers stays open.
    """
    for pattern, said in (baseline.get("overrides") or {}).items():
        if len((said.get("reason") or "").strip()) < SHORTEST_REASON:
            yield f"`overrides` says none for `{pattern}`."


@rule(
    "H05",
    on=HOST_FILE,
    severity=Severity.CRITICAL,
    remedy="Take it from a secret of the stack file: `slipway:secret-<name>`, or `generate`.",
    sources=("CWE-312",),
    waivable=False,
    waits=True,
)
def file_holds_no_plain_secret(file: Resource) -> Iterator[Sentence]:
    """Files on servers hold no secret in plain text.

    It would be in the repository, in the state and in every preview, for whoever may read one of them.
    """
    if file.is_secret("content"):
        if int(file.get("mode") or "0644", 8) & 0o007:
            yield "`mode` lets everybody on the server read a secret."
        return
    path = normal(file.get("path") or "")
    if path is not None and HIDDEN_FOLDER in path.parts[:-1]:
        yield "`path` is in a folder of secrets, and `content` is not encrypted in the state."
    elif holds_secret(file.get("content") or ""):
        yield "`content` holds a password or key, and is not encrypted in the state."


def _runs(unit: Resource) -> bool:
    return unit.known("enabled") is not False and unit.known("active") is not False and not unit.known("masked")


def _has_key(keys: Resource) -> bool:
    """Tell whether there is a key; one that is not known yet counts."""
    try:
        return bool(len(keys.get("keys") or ()))
    except UnknownValueError:
        return True


def _unguarded(opened: Resource, *, ports: Mapping[str, int], guarded: Collection[str]) -> Iterator[Sentence]:
    if _lets_everybody_in(opened, ports.get(opened.provider, DEFAULT_SSH)) and opened.provider not in guarded:
        yield "`source` is everyone, and the server has no fail2ban that runs."


def _lets_everybody_in(opened: Resource, port: int) -> bool:
    first, _, last = str(opened.get("port") or "").partition(":")
    if not first.isdecimal() or (opened.get("target") or "host") != "host":
        return False
    covers = int(first) <= port <= int(last or first) and (opened.get("protocol") or "tcp") != "udp"
    return covers and (opened.get("source") or "any") in EVERYBODY
