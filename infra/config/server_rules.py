"""Rules inside a server's section: what none of its keys can know alone."""

import ipaddress
from collections.abc import Iterator, Sequence

from infra.config.hardening import Firewall
from infra.config.mistakes import Step
from infra.config.public_keys import strong
from infra.config.resolve_server import overrides, particulars
from infra.config.servers import AdminKey, Server
from infra.host.agent.traffic import ANY, normal_source
from infra.profiles import Suite, declared, matched, overridden, value_mistake

Broken = tuple[tuple[Step, ...], str]
"""Place below the server's section, and the sentence."""


def broken_server_rules(server: Server) -> Iterator[Broken]:
    """Yield every broken rule of a server's section."""
    yield from _accounts(server)
    yield from _profile(server)
    if server.firewall is not None:
        yield from _duplicates(server.firewall, server.ssh.port)
        yield from _ranges(server.firewall)
        yield from _families(server.firewall)


def _accounts(server: Server) -> Iterator[Broken]:
    if server.ssh.user in server.admins:
        yield ("admins", server.ssh.user), "is the deploy user: its keys are `admin_keys`"
    if server.ssh.bootstrap_user in server.admins:
        yield (
            ("admins", server.ssh.bootstrap_user),
            "is `ssh.bootstrap_user`, whom the server came with: choose another",
        )


def _profile(server: Server) -> Iterator[Broken]:
    """Yield what does not go with the profile."""
    if server.profile == "minimal":
        for key in ("reboot_window", "apt"):
            if getattr(server, key) is not None:
                yield (key,), "has no effect with the profile `minimal`: remove it, or write `profile: hardened`"
        if server.fail2ban is not None and server.firewall is None:
            yield ("fail2ban",), "goes with a firewall: write `firewall: {}` beside it"
        yield from _overrides(server, None)
        return
    yield from _weak_keys(server)
    if server.suite is None:
        text = "is missing: the profile `hardened` differs between Debian 12 (`bookworm`) and 13 (`trixie`)"
        yield ("suite",), text
        return
    yield from _overrides(server, server.suite)


def _weak_keys(server: Server) -> Iterator[Broken]:
    """Yield the keys that sshd would refuse once the server is hardened: their owners would be locked out."""
    host_key = server.ssh.host_key
    if host_key is not None and not host_key.startswith("ssh-ed25519 "):
        yield (
            ("ssh", "host_key"),
            "must be the server's ed25519 key: the profile `hardened` offers that one to everybody",
        )
    yield from _weak(("admin_keys",), server.admin_keys)
    for user, keys in server.admins.items():
        yield from _weak(("admins", user), keys)


def _weak(at: tuple[Step, ...], keys: Sequence[AdminKey]) -> Iterator[Broken]:
    for index, entry in enumerate(keys):
        if entry.key is None:
            continue
        try:
            strong(entry.key)
        except ValueError as error:
            yield (*at, index, "key"), str(error)


def _overrides(server: Server, suite: Suite | None) -> Iterator[Broken]:
    """Yield overrides without effect, and values that a setting cannot have."""
    of_server = {setting.name: setting for setting in declared(server.profile, suite, particulars(server))}
    for choice in overridden(server.profile, suite, overrides(server), particulars(server)):
        at = ("overrides", choice.pattern)
        if not matched(choice.pattern, of_server):
            where = f"the profile `{server.profile}`" + (f" on {suite}" if suite else "")
            yield at, f"has no effect: {where} sets nothing of that name here; remove it"
        elif not choice.names:
            yield at, "has no effect: other overrides decide all that it is about; remove it"
        mistakes = {value_mistake(of_server[name], choice.override.value) for name in choice.names}
        for sentence in sorted(filter(None, mistakes)):
            yield (*at, "value"), sentence


def _duplicates(firewall: Firewall, ssh_port: int) -> Iterator[Broken]:
    """Yield rules that let in what another one does, however it is written; one of them is that for SSH."""
    family = ANY if firewall.ipv6 else "ipv4"
    ssh = {(str(ssh_port), "tcp", normal_source(each or ANY, family), ANY) for each in firewall.ssh_from or (None,)}
    first: dict[tuple[object, ...], int] = {}
    for index, rule in enumerate(firewall.rules):
        same = (rule.port, rule.protocol, normal_source(rule.source or ANY, family), rule.interface or ANY)
        if same in ssh:
            yield ("firewall", "rules", index), "lets in SSH, which `ssh.port` and `firewall.ssh_from` do: remove it"
        elif same in first:
            former = firewall.rules[first[same]]
            remark = "" if former.comment == rule.comment else ", with another comment"
            yield ("firewall", "rules", index), f"is the same rule as rules[{first[same]}]{remark}: keep one"
        first.setdefault(same, index)


def _ranges(firewall: Firewall) -> Iterator[Broken]:
    for index, rule in enumerate(firewall.rules):
        if ":" in rule.port and rule.protocol == "any":
            yield (
                ("firewall", "rules", index, "protocol"),
                "must be `tcp` or `udp` for a range of ports: write one rule each",
            )


def _families(firewall: Firewall) -> Iterator[Broken]:
    """Yield sources of IPv6 where all rules are for IPv4 alone."""
    sources: dict[tuple[Step, ...], str | None] = {
        **{("rules", index, "source"): rule.source for index, rule in enumerate(firewall.rules)},
        **{("ssh_from", index): source for index, source in enumerate(firewall.ssh_from)},
    }
    for at, source in sources.items():
        if not firewall.ipv6 and isinstance(_network(source), ipaddress.IPv6Network):
            yield ("firewall", *at), "is an IPv6 network, and `firewall.ipv6` is `false`: nothing of IPv6 is let in"


def _network(source: str | None) -> object:
    return None if source is None else ipaddress.ip_network(source)
