"""What a product keeps on its server: volumes, folders, and the guard before a database's data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.compose import postgres, redis
from infra.compose.mount import Mount, on_server, own_folder
from infra.compose.project import Project, Service, Volume
from infra.host import resources as host
from infra.server import GuestServer, Server


@dataclass(frozen=True, slots=True)
class Storage:
    """Declares, as children of a product, what outlives its containers."""

    product: pulumi.Resource
    name: str
    prefix: str
    """`<stack>-<product>`."""
    project: Project
    server: Server | GuestServer
    ready: pulumi.Resource
    """What tells that the server is ready."""

    def volumes(self, disposable: Collection[str]) -> dict[str, docker.Volume]:
        """Make the volumes. They hold what no release can bring back: one goes only when the stack file says so."""
        return {
            volume.name: self._volume(volume, kept=volume.name not in disposable)
            for volume in self.project.volumes.values()
        }

    def folders(self) -> dict[str, host.Directory]:
        """Make the folders of the server that services mount, as Compose does; return them by path."""
        users = {
            mount.source: service
            for service in self.project.services.values()
            for mount in service.mounts
            if mount.kind == "bind" and mount.made
        }
        return {path: self._folder(path, str(service.uid or 0)) for path, service in sorted(users.items())}

    def guard(
        self,
        service: Service,
        tag: str | None,
        volumes: Mapping[str, docker.Volume],
        folders: Mapping[str, host.Directory],
    ) -> Sequence[host.PostgresData | host.RedisData]:
        """Refuse a database server over data that it could not read, or would pass over.

        Args:
            service: any service; one that is no such server needs no guard.
            tag: tag of its image in the release file, which goes before that of the compose file.
            volumes: the product's, by name.
            folders: those of the server that were made, by path.
        """
        name = f"{self.name}-{service.name}-data"
        mount, major = postgres.data(service), postgres.major(service.image, tag)
        if mount is not None and major is not None:
            options = self._after(self._kept(mount, volumes, folders))
            return [host.PostgresData(name, volume=on_server(mount.place, self.prefix), major=major, opts=options)]
        # What its files say: by now it has the command that follows from them.
        said = self.project.services[service.name]
        mount = redis.data(said)
        if mount is not None and redis.is_tuned(said) and redis.appends(said):
            options = self._after(self._kept(mount, volumes, folders))
            container = f"{self.prefix}-{service.name}"
            return [host.RedisData(name, place=on_server(mount.place, self.prefix), container=container, opts=options)]
        return []

    def _kept(
        self, mount: Mount, volumes: Mapping[str, docker.Volume], folders: Mapping[str, host.Directory]
    ) -> pulumi.Resource:
        """Return what has to be there before data in it can be looked at."""
        return volumes[mount.source] if mount.kind == "volume" else folders.get(mount.source, self.ready)

    def _after(self, resource: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.product, provider=self.server.host_provider, depends_on=[resource])

    def _volume(self, volume: Volume, *, kept: bool) -> docker.Volume:
        labels = [docker.VolumeLabelArgs(label=label, value=value) for label, value in volume.labels.items()]
        return docker.Volume(
            f"{self.name}-volume-{volume.name}",
            docker.VolumeArgs(
                name=f"{self.prefix}-{volume.name}",
                driver_opts=dict(volume.options) or None,
                labels=labels or None,
            ),
            pulumi.ResourceOptions(
                parent=self.product,
                provider=self.server.docker_provider,
                depends_on=[self.ready],
                protect=kept,
                retain_on_delete=kept,
                # A changed label would replace the volume, and with it the data.
                ignore_changes=["labels"],
            ),
        )

    def _folder(self, path: str, owner: str) -> host.Directory:
        inside = path.removeprefix(own_folder(self.prefix)).strip("/")
        return host.Directory(
            f"{self.name}-folder-{inside}",
            path=path,
            owner=owner,
            group=owner,
            opts=pulumi.ResourceOptions(
                parent=self.product,
                provider=self.server.host_provider,
                depends_on=[self.ready],
                # An image may make the folder its own user's: taking it back would stop what runs.
                ignore_changes=["owner", "group", "mode"],
            ),
        )
