"""A server's section with the files it names → its part of `Settings`."""

from collections.abc import Callable, Sequence

from infra.config.files import NamedFiles
from infra.config.hardening import Exclusive, Firewall
from infra.config.mistakes import Step
from infra.config.public_keys import strong, whole
from infra.config.section import PUBLIC_KEY
from infra.config.sections import Partner
from infra.config.servers import AdminKey, Server, Ssh
from infra.config.settings import (
    CapacitySettings,
    ExclusiveSettings,
    FirewallRuleSettings,
    FirewallSettings,
    Keys,
    OwnerSettings,
    ServerSettings,
    SshSettings,
)
from infra.config.subnets import edge_subnet, edge_subnet_ipv6
from infra.profiles import Override, Particulars


def resolve_server(name: str, server: Server, files: NamedFiles, owner: Partner | None = None) -> ServerSettings:
    """Return a server with the keys that its files hold.

    Args:
        name: what the stack calls it.
        server: its section.
        files: reads the files that the section names.
        owner: the stack that it belongs to, when that is another one.
    """
    at = ("servers", owner.server if owner else name)
    keys = _KeyReader(files, strong if server.profile == "hardened" else whole)
    return ServerSettings(
        name=name,
        owner=_owner(owner) if owner else None,
        host=server.host,
        ssh=_ssh((*at, "ssh"), server.ssh, files),
        suite=server.suite,
        profile=server.profile,
        overrides=overrides(server),
        particulars=particulars(server),
        admin_keys=keys.read((*at, "admin_keys"), server.admin_keys),
        admins={user: keys.read((*at, "admins", user), entry) for user, entry in sorted(server.admins.items())},
        exclusive=_exclusive(server.exclusive),
        firewall=_firewall(server),
        swap=server.swap,
        timezone=server.timezone,
        hostname=server.hostname,
        untested=server.os.untested,
        security_archive=server.apt.security if server.apt else None,
        capacity=CapacitySettings(memory=server.capacity.memory, cpus=server.capacity.cpus)
        if server.capacity
        else None,
        edge_subnet=edge_subnet(server.container_subnets),
        edge_subnet_ipv6=edge_subnet_ipv6(server.container_subnets) if _has_ipv6(server) else None,
    )


def _owner(owner: Partner) -> OwnerSettings:
    edge = owner.sections.edge
    return OwnerSettings(
        stack=owner.stack,
        has_edge=edge is not None,
        trusted_proxies=tuple(edge.trusted_proxies) if edge else (),
    )


def overrides(server: Server) -> dict[str, Override]:
    """Return what a server's section says in place of its profile."""
    return {name: Override(value=said.value, reason=said.reason) for name, said in sorted(server.overrides.items())}


def particulars(server: Server) -> Particulars:
    """Return what else of a server's section its settings depend on."""
    ssh_from = server.firewall.ssh_from if server.firewall else []
    return Particulars(ssh_from=tuple(ssh_from), reboot_window=server.reboot_window)


class _KeyReader:
    """Reads public keys, inline and in files."""

    def __init__(self, files: NamedFiles, check: Callable[[str], str]) -> None:
        self._files = files
        self._check = check

    def read(self, at: tuple[Step, ...], entries: Sequence[AdminKey]) -> Keys:
        keys: list[str] = []
        known = True
        for index, entry in enumerate(entries):
            if entry.file is None:
                keys.append(entry.key or "")
                continue
            lines = self._files.lines((*at, index, "file"), entry.file, self._line)
            known = known and lines is not None
            keys.extend(lines or ())
        return tuple(dict.fromkeys(keys)) if known else None

    def _line(self, line: str) -> str:
        return self._check(PUBLIC_KEY.check(line))


def _exclusive(exclusive: Exclusive) -> ExclusiveSettings:
    return ExclusiveSettings(users=exclusive.users, keys=exclusive.keys, firewall=exclusive.firewall)


def _firewall(server: Server) -> FirewallSettings | None:
    """Return the firewall: a hardened server has one in any case, a minimal one where the stack file mentions it."""
    if server.profile == "minimal" and server.firewall is None:
        return None
    firewall = server.firewall or Firewall()
    return FirewallSettings(
        rules=tuple(
            FirewallRuleSettings(
                port=rule.port,
                protocol=rule.protocol,
                source=rule.source,
                interface=rule.interface,
                comment=rule.comment,
            )
            for rule in firewall.rules
        ),
        ssh_from=tuple(firewall.ssh_from),
        ipv6=firewall.ipv6,
        never_banned=tuple(server.fail2ban.ignore) if server.fail2ban else (),
    )


def _has_ipv6(server: Server) -> bool:
    return server.firewall is None or server.firewall.ipv6


def _ssh(at: tuple[Step, ...], ssh: Ssh, files: NamedFiles) -> SshSettings:
    for key, name in (("known_hosts", ssh.known_hosts), ("identity_file", ssh.identity_file)):
        if name is not None:
            files.require((*at, key), name)
    return SshSettings(
        user=ssh.user,
        bootstrap_user=ssh.bootstrap_user,
        port=ssh.port,
        host_key=ssh.host_key or "",
        known_hosts=ssh.known_hosts or "",
        identity_file=ssh.identity_file or "",
    )
