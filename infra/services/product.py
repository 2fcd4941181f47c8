"""The `Product` component: a compose project with its networks, data, secrets and services."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_docker as docker

from infra.backups.items import Contents, contents
from infra.compose import project
from infra.compose.awaited import is_awaited
from infra.compose.quantities import MiB
from infra.edge import Edge, GuestEdge, shared
from infra.edge import render as edge_render
from infra.edge.container import USER as EDGE_USER
from infra.host import resources as host
from infra.host.agent import places
from infra.ingress.rules import PublicRule, Redirect, Stream
from infra.server import GuestServer, Server
from infra.services.calling import http_ports, in_order, is_called, names
from infra.services.container import network_name
from infra.services.databases import DatabaseUsers
from infra.services.defaults import DEFAULT_MEMORY, complete
from infra.services.poolers import Poolers
from infra.services.secret import Secret
from infra.services.service import Origin, Service, ServiceArgs
from infra.services.storage import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingress:
    """A host and path under which the world reaches a service."""

    service: str
    rule: PublicRule


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPort:
    """A port of the server that leads to a service which does not speak HTTP."""

    service: str
    stream: Stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What the product's visitors sign in with, where an ingress asks for it."""

    user: str
    password_hash: pulumi.Input[str]
    """The password by bcrypt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductArgs:
    """What a `Product` needs."""

    stack: str
    project: project.Project
    """The product's compose files, normalised."""
    images: Mapping[str, str]
    """Service → image by digest."""
    secrets: Mapping[str, Secret]
    ingress: Sequence[Ingress]
    subnet: str
    """IPv4 network of the product alone."""
    server: Server | GuestServer
    ready: pulumi.Resource
    """What tells that the server is ready: one resource, not all of a server for each that waits."""
    memory: MiB = DEFAULT_MEMORY
    """Limit of a service whose compose files set none."""
    disposable: Collection[str] = ()
    """Volumes that go with the product, by their names in the compose files."""
    edge: Edge | GuestEdge | None
    """The server's edge; without one the services of the product are reached by each other only."""
    published: Sequence[PublishedPort] = ()
    redirects: Sequence[Redirect] = ()
    login: Login | None = None
    """None where no ingress asks for it."""
    maintenance: bool = False
    """Whether visitors see the maintenance page."""
    maintenance_page: str | None = None
    """HTML; a plain page when absent."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Service → where its image came from, where that is known."""


class Product(pulumi.ComponentResource):
    """A compose project on a server.

    Creates:
        docker.Network: one for each network of the compose files, named `<stack>-<product>…`.
        docker.Volume: one for each volume; protected, and kept when the product goes, unless it is disposable.
        host.Directory: one for each folder of the server that a service mounts; kept while there is something in it.
        host.PostgresData, host.RedisData: refuse a database server over data that it would not read.
        host.DatabaseUser: who signs in to a PostgreSQL service by a secret.
        host.PasswordLookup: by which a pooler knows them, one for each database.
        host.Image: all images, pulled before any container is stopped or switched.
        host.NetworkAttachment: the edge, answering by the names of the services it routes to.
        host.File: what the edge knows of the product and no release changes: redirects, login, maintenance page.
        Service: one for each service, in the order of `depends_on`.
    """

    TYPE = "slipway:services:Product"

    services: dict[str, Service]
    contents: Contents
    """What there is of it to back up."""

    def __init__(self, name: str, args: ProductArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        self._prefix = f"{args.stack}-{name}"
        self.contents = contents(args.project, self._prefix)
        spared = dict(self.contents.spared)
        super().__init__(self.TYPE, name, {"images": dict(args.images), "subnet": args.subnet, "spared": spared}, opts)
        self._name = name
        self._args = args
        self._poolers = Poolers(args.project, args.secrets)
        every = args.project.services.values()
        services = {each.name: self._poolers.set_up(complete(each, args.memory)) for each in every}
        storage = Storage(self, name, self._prefix, args.project, args.server, args.ready)
        volumes = storage.volumes(args.disposable)
        folders = storage.folders()
        base: list[pulumi.Resource] = [*self._networks(), *volumes.values(), *folders.values(), *self._images()]
        routed = [service for service in services.values() if self._is_routed(service)]
        ways = self._ways(args.edge, routed, base) if args.edge else []
        users = DatabaseUsers(self, name, self._prefix, self._poolers, args.server.host_provider)
        self.services = {}
        for service in in_order(services, users.dependencies):
            before = [self.services[dependency.service].available for dependency in service.depends_on]
            gate = ways if self._is_routed(service) else []
            after = (
                *base,
                *gate,
                *before,
                *users.before(service),
                *storage.guard(service, args.origins.get(service.name, Origin()).tag, volumes, folders),
            )
            self.services[service.name] = self._service(service, after)
            users.serve(service, self.services[service.name].available)
        self.register_outputs({})

    def _networks(self) -> list[docker.Network]:
        """Make the networks; the default one has the product's own subnet, by which the edge tells callers apart."""
        return [self._network(network) for network in self._args.project.networks.values()]

    def _network(self, network: project.Network) -> docker.Network:
        physical = network_name(self._prefix, network.name)
        default = network.name == "default"
        return docker.Network(
            f"{self._name}-network-{network.name}",
            docker.NetworkArgs(
                name=physical,
                internal=network.internal,
                ipv6=network.ipv6 or None,
                options=dict(network.options) or None,
                ipam_configs=[edge_render.address_range(self._args.subnet)]
                if default
                else [_addresses(each) for each in network.ranges] or None,
                labels=[
                    docker.NetworkLabelArgs(label=label, value=value)
                    for label, value in sorted({**network.labels, **self._labels()}.items())
                ],
            ),
            pulumi.ResourceOptions(
                parent=self,
                provider=self._args.server.docker_provider,
                depends_on=[self._args.ready],
                hooks=host.vacate_hook(self._args.server.host_provider, "network", physical, self._name),
            ),
        )

    def _labels(self) -> dict[str, str]:
        return {"slipway.product": self._name, "slipway.stack": self._args.stack}

    def _images(self) -> list[host.Image]:
        """Pull every image: one that cannot be had must leave all services as they are."""
        return [
            host.Image(
                f"{self._name}-{service}-image",
                reference=image,
                used_by=f"{self._prefix}/{service}",
                opts=pulumi.ResourceOptions(
                    parent=self, provider=self._args.server.host_provider, depends_on=[self._args.ready]
                ),
            )
            for service, image in sorted(self._args.images.items())
        ]

    def _ways(
        self, edge: Edge | GuestEdge, routed: Sequence[project.Service], base: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        """Return what routes wait for: what they name has to be known to the edge before."""
        texts: dict[str, pulumi.Input[str]] = {}
        if routed or self._args.redirects:
            page = self._args.maintenance_page
            texts["product"] = shared.product(self._prefix, redirects=self._args.redirects, page=page)
        if login := self._args.login:
            texts["login"] = pulumi.Output.secret(login.password_hash).apply(
                lambda known: shared.login(self._prefix, user=login.user, password_hash=known)
            )
        files: list[pulumi.Resource] = [
            host.File(
                f"{self._name}-edge-{name}",
                # No service has a dot in its name, so no route is a file of this one.
                path=str(places.ROUTES / f"{self._prefix}.{name}.yaml"),
                content=content,
                mode="0400",
                owner=str(EDGE_USER),
                group=str(EDGE_USER),
                opts=pulumi.ResourceOptions(
                    parent=self, provider=self._args.server.host_provider, depends_on=[edge.container_resource]
                ),
            )
            for name, content in texts.items()
        ]
        return [self._attachment(edge, routed, base), edge.ready, *files] if routed else files

    def _attachment(
        self, edge: Edge | GuestEdge, routed: Sequence[project.Service], base: Sequence[pulumi.Resource]
    ) -> host.NetworkAttachment:
        """Put the edge on the product's network, where it answers for the services it routes to."""
        return host.NetworkAttachment(
            f"{self._name}-edge-attachment",
            network=self._prefix,
            container=edge.container,
            container_id=edge.container_id,
            aliases=sorted({alias for service in routed if is_called(service) for alias in names(service)}),
            opts=pulumi.ResourceOptions(
                parent=self, provider=self._args.server.host_provider, depends_on=[*base, edge.container_resource]
            ),
        )

    def _is_routed(self, service: project.Service) -> bool:
        """Tell whether the edge stands before a service: then its releases switch there."""
        public = {way.service for way in self._args.ingress} | {way.service for way in self._args.published}
        return self._args.edge is not None and (service.name in public or is_called(service))

    def _rules(self, service: project.Service) -> edge_render.RouteRules | None:
        edge = self._args.edge
        if edge is None or not self._is_routed(service):
            return None
        public = tuple(ingress.rule for ingress in self._args.ingress if ingress.service == service.name)
        return edge_render.RouteRules(
            name=f"{self._prefix}-{service.name}",
            product=self._prefix,
            aliases=names(service) if is_called(service) else (),
            ports=http_ports(service, public),
            subnet=self._args.subnet,
            gateway=edge.gateway,
            public=public,
            streams=tuple(each.stream for each in self._args.published if each.service == service.name),
            trusted_proxies=edge.trusted_proxies,
            maintenance=self._args.maintenance,
        )

    def _condition(self, service: project.Service) -> Literal["healthy", "running", "completed"]:
        """Return when a service is ready: what another one waits to see completed runs to its end."""
        if is_awaited(self._args.project.services, service.name):
            return "completed"
        return "healthy" if service.is_checked else "running"

    def _service(self, service: project.Service, after: tuple[pulumi.Resource, ...]) -> Service:
        return Service(
            f"{self._name}-{service.name}",
            ServiceArgs(
                stack=self._args.stack,
                product=self._name,
                service=service,
                image=self._args.images[service.name],
                origin=self._args.origins.get(service.name, Origin()),
                host_provider=self._args.server.host_provider,
                docker_provider=self._args.server.docker_provider,
                secrets=self._poolers.secrets_of(service),
                route=self._rules(service),
                edge=self._args.edge.container if self._args.edge else "",
                condition=self._condition(service),
                after=after,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _addresses(addresses: project.AddressRange) -> docker.NetworkIpamConfigArgs:
    return docker.NetworkIpamConfigArgs(
        subnet=addresses.subnet,
        ip_range=addresses.ip_range,
        # Written out: Docker adds it after its first restart, and the network would be replaced.
        gateway=addresses.gateway or edge_render.gateway(addresses.subnet),
        aux_address=dict(addresses.reserved) or None,
    )
