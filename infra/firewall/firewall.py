"""The `Firewall` component: what a server lets in, and whom it bans."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from infra.firewall import render
from infra.host import resources as host
from infra.host.agent.firewall_rule import FORWARDED, HOST
from infra.host.agent.traffic import ANY, Traffic, normal_source
from infra.host.firewall_resources import ContainerFirewall, FirewallRule, Ufw
from infra.server import fail2ban

_UNIT = "slipway-firewall.service"
_UNITS = "/etc/systemd/system"
_SSH = "SSH"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """New connections that are let in."""

    port: int | str
    """Port, or a range as in `8000:8010`; for containers the published one."""
    comment: str
    """What the rule is for."""
    protocol: str = "tcp"
    """`tcp`, `udp` or `any`."""
    source: str | None = None
    """Address or network that is let in; everyone when absent."""
    interface: str | None = None
    """Network interface by which it comes; any when absent."""
    target: str = HOST
    """`host` for the server itself, `forwarded` for its containers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirewallArgs:
    """What a `Firewall` needs."""

    provider: host.Provider
    """The server."""
    rules: Sequence[Rule] = ()
    """What is let in beside SSH."""
    ssh_port: int = 22
    """Port of the SSH server."""
    ssh_from: Sequence[str] = ()
    """Addresses and networks that may sign in, and that fail2ban never bans; everyone when empty."""
    ipv6: bool = True
    """Whether anything is let in by IPv6."""
    exclusive: bool = False
    """Whether rules that nobody has declared are deleted."""
    never_banned: Sequence[str] = ()
    """More addresses and networks that fail2ban leaves alone."""


class Firewall(pulumi.ComponentResource):
    """A server that lets in what is declared, by IPv4 and IPv6, to itself and to its containers.

    Creates:
        host.Package: `ufw`, `nftables`, `python3-systemd`, `fail2ban`.
        host.FirewallRule: one a rule; those for SSH first.
        host.Ufw: policies, enabled once all rules for the server are there.
        host.ContainerFirewall: the table that holds for what Docker publishes past UFW.
        host.File, host.Unit: units that load both at boot, `nftables.service` off, fail2ban with an action of its own.
    """

    TYPE = "slipway:firewall:Firewall"

    undeclared: pulumi.Output[list[str]]
    """Rules of UFW that nobody has declared."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        declared = let_in(args.rules, ssh_port=args.ssh_port, ssh_from=args.ssh_from, ipv6=args.ipv6)
        labels = {target: [each.label for each in declared[target]] for target in declared}
        super().__init__(self.TYPE, name, {**labels, "exclusive": args.exclusive, "ipv6": args.ipv6}, opts)
        self._name = name
        self._provider = args.provider
        tools = self._nftables()
        ufw = self._package("ufw")
        rules = {target: self._rules(target, declared[target], [ufw, tools]) for target in declared}
        firewall = Ufw(
            f"{name}-ufw",
            rules=labels[HOST],
            ipv6=args.ipv6,
            exclusive=args.exclusive,
            opts=self._on(ufw, *rules[HOST]),
        )
        host.Unit(f"{name}-ufw-service", name="ufw.service", opts=self._on(firewall))
        table = ContainerFirewall(
            f"{name}-containers",
            rules=labels[FORWARDED],
            opts=self._on(tools, *rules[FORWARDED]),
        )
        self._at_boot(table)
        self._bans([*args.ssh_from, *args.never_banned], tools)
        self.undeclared = firewall.undeclared
        self.register_outputs({"undeclared": self.undeclared})

    def _on(self, *after: pulumi.Resource, stays: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self, provider=self._provider, depends_on=list(after), retain_on_delete=stays or None
        )

    def _package(self, package: str, *after: pulumi.Resource) -> host.Package:
        # It may have been there before us.
        return host.Package(f"{self._name}-{package}", name=package, opts=self._on(*after, stays=True))

    def _nftables(self) -> host.Unit:
        """Install nftables, and keep its own unit from flushing everybody's rules at boot and when it stops."""
        package = self._package("nftables")
        path = f"{_UNITS}/nftables.service.d/slipway.conf"
        stop = host.File(
            f"{self._name}-nftables-stop", path=path, content=render.harmless_stop(), opts=self._on(package)
        )
        return host.Unit(
            f"{self._name}-nftables-service", name="nftables.service", enabled=False, active=False, opts=self._on(stop)
        )

    def _rules(
        self, target: str, declared: Mapping[Traffic, str], after: Sequence[pulumi.Resource]
    ) -> list[FirewallRule]:
        """Declare the rules of one target.

        Those for SSH stay: where UFW was enabled before us it stays so, and they may be the only way in by then. While
        UFW is ours, it deletes those that are declared no more.
        """
        return [
            FirewallRule(
                f"{self._name}-{target}-{re.sub(r'[ :]+', '-', traffic.label)}",
                port=traffic.port,
                comment=comment,
                protocol=traffic.protocol,
                source=traffic.source,
                interface=traffic.interface,
                family=traffic.family,
                target=target,
                opts=self._on(*after, stays=target == HOST and comment == _SSH),
            )
            for traffic, comment in declared.items()
        ]

    def _at_boot(self, table: ContainerFirewall) -> None:
        """Load the table at each boot; UFW brings a unit of its own."""
        path, content = f"{_UNITS}/{_UNIT}", render.boot_unit()
        unit = host.File(f"{self._name}-boot-unit", path=path, content=content, opts=self._on(table))
        host.Unit(f"{self._name}-boot", name=_UNIT, restart_on={path: _sum(content)}, opts=self._on(unit))

    def _bans(self, never_banned: Sequence[str], nftables: pulumi.Resource) -> None:
        """Install fail2ban; its files are there before it first starts."""
        texts = {fail2ban.ACTION_PATH: fail2ban.action(), fail2ban.JAIL_PATH: fail2ban.jail(never_banned)}
        files = [
            host.File(f"{self._name}-fail2ban-{kind}", path=path, content=content, opts=self._on())
            for kind, (path, content) in zip(("action", "jail"), texts.items(), strict=True)
        ]
        journal = self._package("python3-systemd")
        package = self._package("fail2ban", nftables, journal, *files)
        host.Unit(
            f"{self._name}-fail2ban-service",
            name="fail2ban.service",
            restart_on={path: _sum(content) for path, content in texts.items()},
            opts=self._on(package),
        )


def let_in(
    rules: Sequence[Rule], *, ssh_port: int, ssh_from: Sequence[str], ipv6: bool
) -> dict[str, dict[Traffic, str]]:
    """Return target to what is let in, SSH first, in normal form, each with its comment.

    Raises:
        pulumi.RunError: naming every rule that is declared twice with different comments.
    """
    ssh = [Rule(port=ssh_port, source=source, comment=_SSH) for source in ssh_from or (None,)]
    declared: dict[str, dict[Traffic, str]] = {HOST: {}, FORWARDED: {}}
    complaints = []
    for rule in (*ssh, *rules):
        traffic = _traffic(rule, ipv6=ipv6)
        there = declared.setdefault(rule.target, {})
        former = next((comment for other, comment in there.items() if _are_one(other, traffic)), rule.comment)
        there.setdefault(traffic, rule.comment)
        if former != rule.comment:
            complaints.append(f"{traffic.label} ({rule.target}), as `{former}` and as `{rule.comment}`")
    if complaints:
        message = f"firewall rules are declared twice: {'; '.join(complaints)}. Keep one of each"
        raise pulumi.RunError(message)
    return declared


def _traffic(rule: Rule, *, ipv6: bool) -> Traffic:
    source, family = normal_source(rule.source or ANY, ANY if ipv6 else "ipv4")
    return Traffic(
        port=str(rule.port), protocol=rule.protocol, source=source, interface=rule.interface or ANY, family=family
    )


def _are_one(first: Traffic, second: Traffic) -> bool:
    """Tell whether two are the same rule of a firewall in one of its two halves, IPv4 and IPv6."""
    alike = replace(first, family=ANY) == replace(second, family=ANY)
    return alike and bool(set(first.versions) & set(second.versions))


def _sum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
