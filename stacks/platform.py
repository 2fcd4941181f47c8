"""Servers, each with its edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pulumi

from infra.config import secrets
from infra.config.settings import Keys, ServerSettings, Settings
from infra.edge import Acme, Certificate, Edge, EdgeArgs
from infra.firewall import Firewall, FirewallArgs
from infra.host.access_resources import Undeclared
from infra.profiles import overridden
from infra.server import Registry, Server, ServerArgs
from infra.services.product import internal_ports
from stacks.access import connection
from stacks.firewall import own_rules
from stacks.published import edge_rules, here, listeners
from stacks.waiting import after


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What products stand on."""

    server: Server
    edge: Edge | None


Admitted = Mapping[str, Sequence[pulumi.Input[str]]]
"""Server to the public keys of the workflows that deploy there."""


def platforms(settings: Settings, admitted: Admitted | None = None) -> dict[str, Platform]:
    """Declare every server of a stack, by name."""
    keys = admitted or {}
    return {name: _platform(settings, server, keys.get(name, ())) for name, server in settings.servers.items()}


def _platform(settings: Settings, declared: ServerSettings, admitted: Sequence[pulumi.Input[str]]) -> Platform:
    _announce(declared)
    server = Server(
        declared.name,
        ServerArgs(
            connection=connection(declared),
            admin_keys=[*_keys(declared.admin_keys), *admitted],
            admins={user: _keys(keys) for user, keys in declared.admins.items()},
            profile=declared.profile,
            suite=declared.suite,
            overrides=declared.overrides,
            particulars=declared.particulars,
            exclusive_users=declared.exclusive.users,
            exclusive_keys=declared.exclusive.keys,
            swap=declared.swap,
            timezone=declared.timezone,
            hostname=declared.hostname,
            security_archive=declared.security_archive,
            untested=declared.untested,
            registries={
                host: Registry(
                    username=registry.username,
                    password=secrets.value(registry.password),
                    ca=secrets.text(registry.ca) if registry.ca else None,
                )
                for host, registry in settings.registries.items()
            },
        ),
    )
    firewall = _firewall(settings, declared, server)
    _undeclared(declared, server, firewall, admitted)
    return Platform(server=server, edge=_edge(settings, declared, server))


def _announce(declared: ServerSettings) -> None:
    """Say at the head of a preview what is otherwise on a server than its profile has it, and why."""
    for choice in overridden(declared.profile, declared.suite, declared.overrides, declared.particulars):
        value = choice.override.value
        outcome = "left to the server" if value is None else f"set to `{value}`"
        count = f", {len(choice.names)} in all," if "*" in choice.pattern else ""
        pulumi.log.info(f"{declared.name}: {choice.pattern}{count} is {outcome}: {choice.override.reason}")


def _keys(keys: Keys) -> list[pulumi.Input[str]]:
    """Return public keys; at a preview those of a file which does not exist yet are unknown."""
    return [secrets.unknown()] if keys is None else list(keys)


def _firewall(settings: Settings, declared: ServerSettings, server: Server) -> Firewall | None:
    """Declare what a server lets in, unless its firewall is somebody else's."""
    firewall = declared.firewall
    if firewall is None:
        return None
    published = edge_rules(settings.edge, here(settings, declared)) if settings.edge else []
    return Firewall(
        f"{declared.name}-firewall",
        FirewallArgs(
            provider=server.host_provider,
            rules=[*published, *own_rules(firewall)],
            ssh_port=declared.ssh.port,
            ssh_from=firewall.ssh_from,
            ipv6=firewall.ipv6,
            exclusive=declared.exclusive.firewall,
            never_banned=firewall.never_banned,
        ),
        pulumi.ResourceOptions(transformations=[after(*server.reachable)]),
    )


def _undeclared(
    declared: ServerSettings, server: Server, firewall: Firewall | None, admitted: Sequence[pulumi.Input[str]]
) -> None:
    """Have told what there is on a server besides, once everything on it has been compared or made."""
    people = {declared.ssh.user: declared.admin_keys, **declared.admins}
    exclusive = {part.name for part in fields(declared.exclusive) if getattr(declared.exclusive, part.name)}
    Undeclared(
        declared.name,
        users=list(people),
        spared=[declared.ssh.bootstrap_user],
        keys=[*(key for keys in people.values() for key in _keys(keys)), *admitted],
        firewall=firewall is not None,
        exclusive=sorted(exclusive),
        opts=pulumi.ResourceOptions(
            provider=server.host_provider, depends_on=[server, *([firewall] if firewall else [])]
        ),
    )


def _edge(settings: Settings, declared: ServerSettings, server: Server) -> Edge | None:
    """Declare the edge of a server, when the stack has one."""
    if settings.edge is None:
        return None
    products = here(settings, declared)
    acme = settings.edge.acme
    return Edge(
        f"{declared.name}-edge",
        EdgeArgs(
            stack=settings.stack,
            server=server,
            image=settings.edge.image,
            acme=Acme(
                email=acme.email,
                directory=acme.directory,
                challenge=acme.challenge,
                ca=secrets.text(acme.ca) if acme.ca else None,
            ),
            subnet=declared.edge_subnet,
            subnet_ipv6=declared.edge_subnet_ipv6,
            internal_ports=sorted(set().union(*(internal_ports(product.project.services) for product in products))),
            listeners=listeners(products),
            certificates=[
                Certificate(chain=secrets.text(each.chain), key=secrets.value(each.key))
                for each in settings.edge.certificates
            ],
            http3=settings.edge.http3,
            trusted_proxies=settings.edge.trusted_proxies,
        ),
        pulumi.ResourceOptions(depends_on=[server]),
    )
