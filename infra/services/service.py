"""The `Service` component: one container of a product, its gate and its route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, TypedDict

import pulumi
import pulumi_docker as docker

from infra.compose import cost, project
from infra.edge import render as edge_render
from infra.host import resources as host
from infra.host.agent import impact, places
from infra.host.inputs import ReleasedInputs
from infra.services import container as rendered
from infra.services import environment
from infra.services.tasks import Tasks


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A secret of a product."""

    value: pulumi.Input[str]
    version: str
    """Changes with the value, and does not tell it: another version is another release."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where an image came from, for people."""

    tag: str | None = None
    revision: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceArgs:
    """What a `Service` needs."""

    stack: str
    product: str
    service: project.Service
    """The service as its compose files describe it."""
    image: str
    """Image by digest, `repository@sha256:…`."""
    host_provider: host.Provider
    docker_provider: docker.Provider
    secrets: Mapping[str, Secret]
    """Secrets of the product, by name."""
    route: edge_render.RouteRules | None
    """How the edge reaches the service; none for one that nobody calls or that is stop-first."""
    edge: str
    """Container of the edge, which confirms the route."""
    condition: Literal["healthy", "running", "completed"]
    """When the service counts as ready."""
    origin: Origin = field(default=Origin())
    after: tuple[pulumi.Resource, ...] = field(default=())
    """Resources of the product that must be there first: networks, volumes, services it depends on."""


class _Cost(TypedDict, total=False):
    longest_gap: float
    data: str


class Service(pulumi.ComponentResource):
    """One service of a product on a server.

    Creates:
        host.File: each secret the service uses, owned by its user, and each text of the repository it reads.
        docker.Container: named after its release, or stable for a stop-first service.
        host.Ready: holds dependants back until the container is healthy.
        host.Route: switches the edge to the new container, for a service that is called.
        host.File: names the container in use, for a rolling service that nobody calls.
        docker.Container: prepared and not started, one for a migration and one for each job.
        host.Migration: migrates the database before the container is made.
        host.Ready: keeps the prepared container of a job while its timer starts that one.
        host.Job: runs a prepared container by the calendar, once the release is good.
    """

    TYPE = "slipway:services:Service"

    container: docker.Container
    available: pulumi.Resource
    """What dependants wait for: the route of a service that is called through the edge, else its gate."""
    impact: pulumi.Output[str]
    """In a preview, what the change means for those who use the service; else that there is none."""

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        strategy = args.service.strategy
        super().__init__(self.TYPE, name, {"image": args.image, "strategy": strategy}, opts)
        self._name = name
        self._args = args
        self._prefix = f"{args.stack}-{args.product}"
        aliases = (
            () if args.route and args.route.aliases else tuple(sorted({args.service.name, *_aliases(args.service)}))
        )
        arguments = rendered.container(args.service, image=args.image, prefix=self._prefix, aliases=aliases)
        used = {secret: args.secrets[secret] for secret in args.service.secret_names}
        versions = {secret: used[secret].version for secret in used}
        release = rendered.release(arguments, versions)
        record = self._record(rendered.configuration(arguments, versions))
        physical = f"{self._prefix}-{args.service.name}"
        suffix = f"-{release}" if strategy == "rolling" else ""
        files, lines = self._files(), environment.lines(args.service, {key: used[key].value for key in used})
        tasks = self._tasks(versions, lines, files)
        migration = tasks.migration(record)
        arguments.name = f"{physical}{suffix}"
        arguments.labels = self._labels(release)
        # One that runs to its end is not to be found dead, and started again, by the next refresh.
        arguments.must_run = args.condition != "completed"
        arguments.envs = lines
        before = [*files, *([migration] if migration else [])]
        self.container = self._container(f"{name}{suffix}", arguments, f"{physical}{suffix}", before)
        ready = host.Ready(
            f"{name}{suffix}-ready",
            container=f"{physical}{suffix}",
            container_id=self.container.id,
            condition=args.condition,
            timeout=args.service.ready_timeout.seconds,
            product=self._prefix,
            release=release,
            decides=args.route is None,
            **record,
            **self._cost(),
            opts=self._options(self.container),
        )
        self.available, self.impact = ready, ready.impact
        if args.route:
            self.available = route = self._route(f"{physical}{suffix}", release, ready, record)
            self.impact = route.impact
        elif strategy == "rolling":
            self.available = self._serving(f"{physical}{suffix}", ready)
        if migration:
            self.impact = pulumi.Output.all(self.impact, migration.impact).apply(lambda known: impact.together(*known))
        tasks.jobs(self.available)
        self.register_outputs({"release": release, "strategy": strategy})

    def _tasks(
        self, versions: Mapping[str, str], lines: Sequence[pulumi.Input[str]], files: Sequence[pulumi.Resource]
    ) -> Tasks:
        args = self._args
        return Tasks(
            parent=self,
            name=self._name,
            product=args.product,
            prefix=self._prefix,
            service=args.service,
            image=args.image,
            versions=versions,
            environment=lines,
            labels=self._labels,
            host_provider=args.host_provider,
            docker_provider=args.docker_provider,
            after=[*files, *args.after],
        )

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=self._args.host_provider, depends_on=list(after))

    def _record(self, config: str) -> ReleasedInputs:
        """Return what the server writes down of a release."""
        return {
            "service": f"{self._prefix}/{self._args.service.name}",
            "image": self._args.image,
            "tag": self._args.origin.tag or "",
            "revision": self._args.origin.revision or "",
            "config": config,
            "strategy": self._args.service.strategy,
        }

    def _cost(self) -> _Cost:
        """Return what a preview tells of a service that stops before it starts."""
        service = self._args.service
        if service.strategy != "stop-first":
            return {}
        return {"longest_gap": cost.longest_gap(service), "data": cost.written_data(service, self._prefix)}

    def _labels(self, release: str) -> list[docker.ContainerLabelArgs]:
        own = {
            "slipway.stack": self._args.stack,
            "slipway.product": self._args.product,
            "slipway.service": self._args.service.name,
            "slipway.release": release,
        }
        labels = {**self._args.service.labels, **own}
        return [docker.ContainerLabelArgs(label=label, value=value) for label, value in sorted(labels.items())]

    def _files(self) -> list[pulumi.Resource]:
        """Write what the service reads as files."""
        return [*self._configs(), *self._secrets()]

    def _configs(self) -> list[pulumi.Resource]:
        """Write the texts of the repository; a changed one is another file, so that the old release keeps its own."""
        args = self._args
        if not args.service.configs:
            return []
        folder = host.Directory(
            f"{self._name}-configs",
            path=rendered.config_folder(self._prefix, args.service.name),
            opts=self._options(*args.after),
        )
        paths = {rendered.config_path(self._prefix, args.service.name, each): each for each in args.service.configs}
        return [
            host.File(
                f"{self._name}-config-{PurePosixPath(path).name}",
                path=path,
                content=config.content,
                mode=config.mode,
                owner=config.owner,
                group=config.group,
                opts=self._options(folder),
            )
            for path, config in paths.items()
        ]

    def _secrets(self) -> list[pulumi.Resource]:
        """Write the secrets of the service.

        Those it has in its environment only are written too: the agent keeps out of messages what it finds there.
        """
        args = self._args
        if not args.service.secret_names:
            return []
        folder = host.Directory(
            f"{self._name}-secrets",
            path=f"/srv/slipway/{self._prefix}/secrets/{args.service.name}",
            opts=self._options(*args.after),
        )
        owner = str(args.service.uid or 0)
        return [
            host.File(
                f"{self._name}-secret-{secret}",
                path=rendered.secret_path(self._prefix, args.service.name, secret),
                content=pulumi.Output.secret(args.secrets[secret].value),
                mode="0400",
                owner=owner,
                group=owner,
                opts=self._options(folder),
            )
            for secret in args.service.secret_names
        ]

    def _container(
        self, name: str, arguments: docker.ContainerArgs, physical: str, before: Sequence[pulumi.Resource]
    ) -> docker.Container:
        """Start the container; a stray that a killed run left under its name is removed before."""
        args = self._args
        return docker.Container(
            name,
            arguments,
            pulumi.ResourceOptions(
                parent=self,
                provider=args.docker_provider,
                depends_on=[*before, *args.after],
                replace_on_changes=rendered.IN_PLACE_WITHOUT_EFFECT,
                hooks=host.vacate_hook(args.host_provider, "container", physical, args.product),
            ),
        )

    def _route(self, container: str, release: str, ready: host.Ready, record: ReleasedInputs) -> host.Route:
        """Switch the edge to the container once it is ready."""
        rules = self._args.route
        if rules is None:
            message = f"{self._name} has no route"
            raise ValueError(message)
        return host.Route(
            f"{self._name}-route",
            name=rules.name,
            product=self._prefix,
            container=container,
            release=release,
            content=edge_render.route(rules, container=container, release=release),
            path=str(places.ROUTES / f"{rules.name}.yaml"),
            confirm_address=self._args.edge,
            drain=self._args.service.drain.seconds,
            bake=self._args.service.bake.seconds,
            hosts=sorted({rule.host for rule in rules.public if rule.host}),
            **record,
            opts=self._options(ready),
        )

    def _serving(self, container: str, ready: host.Ready) -> host.File:
        """Write down which container is in use: until its successor is ready it must not be removed."""
        folder = places.PRODUCTS / self._prefix / places.SERVING
        return host.File(
            f"{self._name}-serving",
            path=str(folder / self._args.service.name),
            content=f"{container}\n",
            opts=self._options(ready),
        )


def _aliases(service: project.Service) -> list[str]:
    return [alias for network in service.networks for alias in network.aliases]
