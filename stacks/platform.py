"""Servers, each with its edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pulumi

from infra.config import secrets
from infra.config.settings import Keys, OwnerSettings, ServerSettings, Settings
from infra.edge import Acme, Certificate, Edge, EdgeArgs, GuestEdge
from infra.edge.render import gateway
from infra.edge.static import entry_points
from infra.firewall import Firewall, FirewallArgs
from infra.host.access_resources import Undeclared
from infra.host.server_resources import Hosting, OwnedBy
from infra.profiles import overridden
from infra.server import GuestServer, GuestServerArgs, Registry, Server, ServerArgs
from infra.services.calling import internal_ports
from stacks.access import connection
from stacks.firewall import own_rules
from stacks.published import Resident, edge_rules, here, listeners, own
from stacks.waiting import after


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What products stand on."""

    server: Server | GuestServer
    edge: Edge | GuestEdge | None
    ready: pulumi.Resource
    """What products wait for."""
    parts: Sequence[pulumi.Resource] = ()
    """All that this stack declares of the server."""


Admitted = Mapping[str, Sequence[pulumi.Input[str]]]
"""Server to the public keys of the workflows that deploy there."""


def platforms(settings: Settings, admitted: Admitted | None = None) -> dict[str, Platform]:
    """Declare every server of a stack, by name."""
    return {
        name: _lodging(settings, server, server.owner)
        if server.owner
        else _platform(settings, server, (admitted or {}).get(name, ()))
        for name, server in settings.servers.items()
    }


def hosting(settings: Settings, platforms: Mapping[str, Platform], dependants: Sequence[pulumi.Resource]) -> None:
    """Hold back the end of each server of this stack while others have products there.

    It depends on everything, so that it is the first to go: a `destroy` that it refuses has touched nothing.
    """
    for name, platform in platforms.items():
        if platform.parts:
            Hosting(
                name,
                stack=settings.stack,
                opts=pulumi.ResourceOptions(
                    provider=platform.server.host_provider, depends_on=[*platform.parts, *dependants]
                ),
            )


def _lodging(settings: Settings, declared: ServerSettings, owner: OwnerSettings) -> Platform:
    """Declare what a guest needs of a server that another stack keeps."""
    products = own(settings, declared)
    server = GuestServer(
        declared.name,
        GuestServerArgs(
            connection=connection(declared),
            owner=owner.stack,
            entry_points=entry_points(listeners(products), _internal_ports(products)) if owner.has_edge else [],
        ),
    )
    if not owner.has_edge:
        return Platform(server=server, edge=None, ready=server.owned)
    edge = GuestEdge(
        container_resource=server.owned,
        ready=server.owned,
        gateway=gateway(declared.edge_subnet),
        trusted_proxies=owner.trusted_proxies,
    )
    return Platform(server=server, edge=edge, ready=server.owned)


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
    undeclared = _undeclared(declared, server, firewall, admitted)
    ready = OwnedBy(
        declared.name,
        owner=settings.stack,
        opts=pulumi.ResourceOptions(provider=server.host_provider, depends_on=[server]),
    )
    edge = _edge(settings, declared, server, ready)
    parts = list(filter(None, (server, firewall, undeclared, ready, edge)))
    return Platform(server=server, edge=edge, ready=ready, parts=parts)


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
) -> Undeclared:
    """Have told what there is on a server besides, once everything on it has been compared or made."""
    people = {declared.ssh.user: declared.admin_keys, **declared.admins}
    exclusive = {part.name for part in fields(declared.exclusive) if getattr(declared.exclusive, part.name)}
    return Undeclared(
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


def _edge(settings: Settings, declared: ServerSettings, server: Server, ready: OwnedBy) -> Edge | None:
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
            ready=ready,
            image=settings.edge.image,
            acme=Acme(
                email=acme.email,
                directory=acme.directory,
                challenge=acme.challenge,
                ca=secrets.text(acme.ca) if acme.ca else None,
            ),
            subnet=declared.edge_subnet,
            subnet_ipv6=declared.edge_subnet_ipv6,
            internal_ports=_internal_ports(products),
            listeners=listeners(products),
            certificates=[
                Certificate(chain=secrets.text(each.chain), key=secrets.value(each.key))
                for each in settings.edge.certificates
            ],
            http3=settings.edge.http3,
            trusted_proxies=settings.edge.trusted_proxies,
        ),
        pulumi.ResourceOptions(depends_on=[ready]),
    )


def _internal_ports(products: Sequence[Resident]) -> list[int]:
    """Return the ports on which services of one product call each other."""
    return sorted(set().union(*(internal_ports(product.project.services) for product in products)))
