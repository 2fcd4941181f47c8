"""The `Monitoring` component: what watches one server and the products on it."""

from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_docker as docker

from infra.edge import Edge, GuestEdge
from infra.edge import render as edge_render
from infra.host import resources as host
from infra.host.agent import places
from infra.monitoring import containers, prometheus, targets
from infra.monitoring.arguments import MonitoringArgs
from infra.monitoring.channels import Channels, ChannelsArgs
from infra.monitoring.containers import Watcher
from infra.monitoring.files import Files
from infra.monitoring.page import MonitoringPage, PageArgs
from infra.monitoring.targets import Database


class Monitoring(pulumi.ComponentResource):
    """What watches one server: nothing of it is reached from outside but by the edge and a login.

    Creates:
        Files: settings, secrets, and who signs in to databases.
        host.Image: all images.
        docker.Network: an internal one, and one by which Alertmanager alone gets out.
        docker.Container: Prometheus, Alertmanager, the exporters of the server, and one for each database.
        host.Ready: holds the end of the run back until Prometheus and Alertmanager are healthy.
        host.NetworkAttachment: each exporter to the network of its database; the edge, which is asked for its metrics
            and for the sites of products.
        MonitoringPage: lets people look, where there is a domain for it.
        Channels: tries a channel whose settings have changed.
    """

    TYPE = "slipway:monitoring:Monitoring"

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        self._name = name
        self._args = args
        found = list(targets.databases(args.products))
        watchers = self._watchers(found)
        memory = sum(watcher.memory for watcher in watchers)
        super().__init__(self.TYPE, name, {"memory": memory, "subnet": args.subnet}, opts)
        images = self._images()
        files = Files(f"{name}-files", args, images, pulumi.ResourceOptions(parent=self))
        networks = self._networks()
        before = [*files.all, *networks, *images]
        made = {each.name: self._container(each, [*before, *files.users.get(each.name, ())]) for each in watchers}
        gates = [self._ready(made[each], each) for each in ("prometheus", "alertmanager")]
        for each in found:
            self._join(each, made[each.exporter])
        if args.edge:
            self._page(args.edge, self._attachment(args.edge, networks))
        self._channels(gates)
        self.register_outputs({"memory": memory})

    def _watchers(self, found: Sequence[Database]) -> list[Watcher]:
        """Return every container."""
        settings, folder = self._args.settings, self._args.folder
        images = settings.images
        return [
            containers.prometheus(
                images["prometheus"], folder=folder, days=settings.days, size=settings.size, host=self._args.host
            ),
            containers.alertmanager(
                images["alertmanager"], folder=folder, host=self._args.host, outside=f"{self._args.prefix}-outside"
            ),
            containers.node_exporter(images["node-exporter"]),
            containers.blackbox_exporter(images["blackbox-exporter"], folder=folder),
            *self._grafana(),
            *(self._exporter(each) for each in found),
        ]

    def _exporter(self, database: Database) -> Watcher:
        """Return the exporter of a database, which reads its password only when it starts."""
        settings = self._args.settings
        watcher = containers.of_database(
            settings.images[f"{database.kind}-exporter"], database, folder=self._args.folder
        )
        return replace(watcher, labels={"slipway.rotation": str(settings.rotation)})

    def _images(self) -> list[host.Image]:
        return [
            host.Image(
                f"{self._name}-{service}-image",
                reference=image,
                used_by=f"{self._args.prefix}/{service}",
                opts=self._options(self._args.ready),
            )
            for service, image in sorted(self._args.settings.images.items())
        ]

    def _grafana(self) -> list[Watcher]:
        args = self._args
        if args.host is None or not args.settings.grafana:
            return []
        return [containers.grafana(args.settings.images["grafana"], folder=args.folder, host=args.host)]

    def _networks(self) -> list[docker.Network]:
        """Make the network of all, which leads nowhere, and the one by which Alertmanager tells people."""
        return [
            docker.Network(
                f"{self._name}-network{suffix}",
                docker.NetworkArgs(
                    name=f"{self._args.prefix}{suffix}",
                    internal=internal or None,
                    ipam_configs=[edge_render.address_range(self._args.subnet)] if internal else None,
                    labels=[
                        docker.NetworkLabelArgs(label="slipway.product", value="monitoring"),
                        docker.NetworkLabelArgs(label="slipway.stack", value=self._args.stack),
                    ],
                ),
                self._containers(self._args.ready, hook=self._vacate("network", f"{self._args.prefix}{suffix}")),
            )
            for suffix, internal in (("", True), ("-outside", False))
        ]

    def _container(self, watcher: Watcher, after: Sequence[pulumi.Resource]) -> docker.Container:
        arguments = containers.container(
            watcher, prefix=self._args.prefix, stack=self._args.stack, network=self._args.prefix
        )
        hook = self._vacate("container", f"{self._args.prefix}-{watcher.name}")
        return docker.Container(f"{self._name}-{watcher.name}", arguments, self._containers(*after, hook=hook))

    def _ready(self, container: docker.Container, service: str) -> host.Ready:
        return host.Ready(
            f"{self._name}-{service}-ready",
            container=f"{self._args.prefix}-{service}",
            container_id=container.id,
            opts=self._options(container),
        )

    def _join(self, database: Database, exporter: docker.Container) -> None:
        """Put an exporter on the network of its database, which stays that product's own: nothing else is on both."""
        host.NetworkAttachment(
            f"{self._name}-{database.exporter}-attachment",
            network=database.network,
            container=f"{self._args.prefix}-{database.exporter}",
            container_id=exporter.id,
            opts=self._options(exporter),
        )

    def _attachment(self, edge: Edge | GuestEdge, networks: Sequence[docker.Network]) -> host.NetworkAttachment:
        """Put the edge on the network of what watches, which asks it for its metrics and for sites."""
        return host.NetworkAttachment(
            f"{self._name}-edge-attachment",
            network=self._args.prefix,
            container=edge.container,
            container_id=edge.container_id,
            aliases=[prometheus.EDGE_ALIAS, places.EDGE_METRICS_HOST],
            opts=self._options(*networks, edge.container_resource),
        )

    def _page(self, edge: Edge | GuestEdge, attached: host.NetworkAttachment) -> None:
        args = self._args
        MonitoringPage(
            f"{self._name}-page",
            PageArgs(
                prefix=args.prefix,
                subnet=args.subnet,
                edge=edge,
                provider=args.server.host_provider,
                host=args.host,
                grafana=args.settings.grafana,
                own_certificate=args.host in args.settings.own_certificates,
                user=args.settings.user,
                password_hash=args.password_hash,
                after=[attached],
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _channels(self, after: Sequence[pulumi.Resource]) -> None:
        """Try the channels once all else is there."""
        args = self._args
        Channels(
            f"{self._name}-channels",
            ChannelsArgs(
                prefix=args.prefix,
                telegram=args.settings.telegram,
                mail=args.settings.mail,
                watchdog=args.settings.watchdog,
                secrets=args.secrets,
                provider=args.server.host_provider,
                after=after,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._args.server.host_provider, depends_on=list(after))

    def _containers(self, *after: pulumi.Resource, hook: pulumi.ResourceHookBinding) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self, provider=self._args.server.docker_provider, depends_on=list(after), hooks=hook
        )

    def _vacate(self, kind: str, name: str) -> pulumi.ResourceHookBinding:
        return host.vacate_hook(self._args.server.host_provider, kind, name, "monitoring")
