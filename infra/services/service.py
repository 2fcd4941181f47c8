"""The `Service` component: the containers of a service, their gates and its route."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import pulumi
import pulumi_docker as docker

from infra.compose import cost, project
from infra.edge import render as edge_render
from infra.host import resources as host
from infra.host.agent import impact, places
from infra.host.inputs import ReleasedInputs
from infra.services import container as rendered
from infra.services import environment, written
from infra.services.secret import Secret
from infra.services.tasks import Tasks


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
        docker.Container: named after its release, or stable for a stop-first service; several where it has replicas.
        host.Ready: holds dependants back until the container is healthy.
        host.Route: switches the edge to the new container, for a service that is called.
        host.File: names the container in use, for a rolling service that nobody calls.
        docker.Container: prepared and not started, one for a migration and one for each job.
        host.Migration: migrates the database before the container is made.
        host.Ready: keeps the prepared container of a job while its timer starts that one.
        host.Job: runs a prepared container by the calendar, once the release is good.
        host.File, host.Timer: make partitions of a database ahead, in its own container, by the calendar.
    """

    TYPE = "slipway:services:Service"

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
        name_of_release = rendered.release(arguments, versions)
        record = self._record(rendered.configuration(arguments, versions))
        values = {secret: each.value for secret, each in used.items()}
        files = self._files(values)
        lines = environment.lines(args.service, values)
        tasks = self._tasks(versions, lines, files)
        migration = tasks.migration(record)
        arguments.labels = self._labels(name_of_release)
        # One that runs to its end is not to be found dead, and started again, by the next refresh.
        arguments.must_run = args.condition != "completed"
        arguments.envs = lines
        release = _Release(
            name=name_of_release,
            suffix=f"-{name_of_release}" if strategy == "rolling" else "",
            arguments=arguments,
            record=record,
            before=[*files, *([migration] if migration else []), *args.after],
        )
        gates: list[host.Ready] = []
        for number in range(args.service.replicas):
            gates.append(self._replica(release, number, gates[-1:]))
        self.available, self.impact = gates[-1], gates[-1].impact
        if args.route:
            self.available = route = self._route(release, gates[-1])
            self.impact = route.impact
        elif strategy == "rolling":
            self.available = self._serving(release, gates[-1])
        if migration:
            self.impact = pulumi.Output.all(self.impact, migration.impact).apply(lambda known: impact.together(*known))
        tasks.jobs(self.available)
        tasks.partitions(self.available)
        self.register_outputs({"release": release.name, "strategy": strategy})

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

    def _files(self, secrets: Mapping[str, pulumi.Input[str]]) -> list[pulumi.Resource]:
        """Write what the service reads as files."""

        def options(after: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
            return self._options(*(after or self._args.after))

        about = (self._name, self._prefix, self._args.service)
        return [*written.configs(*about, options), *written.secrets(*about, secrets, options)]

    def _replica(self, release: "_Release", number: int, after: Sequence[host.Ready]) -> host.Ready:
        """Start one container of a release once the one before it is ready; return its gate.

        A stray that a killed run left under its name is removed before.
        """
        args = self._args
        suffix, physical = release.suffix_of(number), self._physical(release, number)
        arguments = copy.copy(release.arguments)
        arguments.name = physical
        container = docker.Container(
            f"{self._name}{suffix}",
            arguments,
            pulumi.ResourceOptions(
                parent=self,
                provider=args.docker_provider,
                depends_on=[*release.before, *after],
                replace_on_changes=rendered.IN_PLACE_WITHOUT_EFFECT,
                hooks=host.vacate_hook(args.host_provider, "container", physical, args.product),
            ),
        )
        return host.Ready(
            f"{self._name}{suffix}-ready",
            container=physical,
            container_id=container.id,
            condition=args.condition,
            timeout=args.service.ready_timeout.seconds,
            product=self._prefix,
            release=release.name,
            decides=args.route is None and number + 1 == args.service.replicas,
            **release.record,
            **self._cost(),
            opts=self._options(container),
        )

    def _physical(self, release: "_Release", number: int = 0) -> str:
        """Return what a container is called on the server."""
        return f"{self._prefix}-{self._args.service.name}{release.suffix_of(number)}"

    def _route(self, release: "_Release", ready: host.Ready) -> host.Route:
        """Switch the edge to the containers once they are ready."""
        rules = self._args.route
        if rules is None:
            message = f"{self._name} has no route"
            raise ValueError(message)
        containers = self._all(release)
        return host.Route(
            f"{self._name}-route",
            name=rules.name,
            product=self._prefix,
            container=containers[0],
            release=release.name,
            content=edge_render.route(rules, containers=containers, release=release.name),
            path=str(places.ROUTES / f"{rules.name}.yaml"),
            confirm_address=self._args.edge,
            drain=self._args.service.drain.seconds,
            bake=self._args.service.bake.seconds,
            hosts=sorted({rule.host for rule in rules.public if rule.host}),
            **release.record,
            opts=self._options(ready),
        )

    def _serving(self, release: "_Release", ready: host.Ready) -> host.File:
        """Write down which containers are in use: until their successors are ready they must not be removed."""
        folder = places.PRODUCTS / self._prefix / places.SERVING
        return host.File(
            f"{self._name}-serving",
            path=str(folder / self._args.service.name),
            content="".join(f"{container}\n" for container in self._all(release)),
            opts=self._options(ready),
        )

    def _all(self, release: "_Release") -> list[str]:
        """Return what the containers of a release are called on the server."""
        return [self._physical(release, number) for number in range(self._args.service.replicas)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Release:
    """What the containers of one release have in common."""

    name: str
    """Eight digits that change with everything a container is made of."""
    suffix: str
    """What it adds to the name of a container."""
    arguments: docker.ContainerArgs
    record: ReleasedInputs
    """What the server writes down of it."""
    before: Sequence[pulumi.Resource]
    """What has to be there before a container is."""

    def suffix_of(self, number: int) -> str:
        """Return what a container's name ends in: of the first one always the same, so that it can stay alone."""
        return f"{self.suffix}-{number + 1}" if number else self.suffix


def _aliases(service: project.Service) -> list[str]:
    return [alias for network in service.networks for alias in network.aliases]
