"""What the image of a service does beside serving: a migration before each release, and jobs by the calendar.

Each has a container of its own that is made like that of the service and prepared only: something on the server starts
it when its time has come. Partitions of a database are made in the container that serves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pulumi
import pulumi_docker as docker

from infra.compose import project
from infra.compose.project import Healthcheck
from infra.compose.tasks import Job
from infra.host import resources as host
from infra.host import system_resources as system
from infra.host import task_resources as tasks
from infra.host.inputs import ReleasedInputs
from infra.profiles.system import JOB_SCRIPT
from infra.services import container as rendered
from infra.services import partitions


class _Prepared(NamedTuple):
    """A container that is made and not started."""

    container: docker.Container
    name: str
    """Logical name."""
    physical: str
    """Name on the server."""
    release: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tasks:
    """Declares, as children of a service, the containers that its image runs besides."""

    parent: pulumi.Resource
    name: str
    """Logical name of the service."""
    product: str
    prefix: str
    """`<stack>-<product>`."""
    service: project.Service
    image: str
    """Image by digest."""
    versions: Mapping[str, str]
    """Secret → what changes with its value."""
    environment: Sequence[pulumi.Input[str]]
    """Lines of the environment, secrets filled in."""
    labels: Callable[[str], list[docker.ContainerLabelArgs]]
    """Returns the labels of a container, by its release."""
    host_provider: host.Provider
    docker_provider: docker.Provider
    after: Sequence[pulumi.Resource]
    """What a container of the service waits for."""

    def migration(self, record: ReleasedInputs) -> tasks.Migration | None:
        """Migrate the database, where the service says how."""
        migrate = self.service.migrate
        if migrate is None:
            return None
        prepared = self._prepared("migrate", migrate.command)
        return tasks.Migration(
            f"{self.name}-migration",
            container=prepared.physical,
            command=list(migrate.command),
            phase=migrate.phase,
            timeout=migrate.timeout.seconds,
            release=prepared.release,
            **record,
            opts=self._options(prepared.container),
        )

    def jobs(self, available: pulumi.Resource) -> list[tasks.Job]:
        """Run the jobs by the calendar, each by the former image until the release is good.

        Args:
            available: what tells that it is.
        """
        return [self._job(job, available) for job in self.service.jobs]

    def partitions(self, available: pulumi.Resource) -> system.Timer | None:
        """Make partitions ahead by the calendar, where the service has tables with some.

        Args:
            available: what tells that the release is good.
        """
        if not self.service.partitions:
            return None
        script = host.File(
            f"{self.name}-partitions-script",
            path=partitions.script_path(self.prefix, self.service.name),
            content=partitions.script(self.service.partitions),
            opts=self._options(*self.after),
        )
        return system.Timer(
            f"{self.name}-partitions",
            name=partitions.unit(self.prefix, self.service.name),
            description=f"Partitions of {self.service.name} ({self.prefix})",
            calendar=partitions.CALENDAR,
            randomized_delay=partitions.SPREAD_SECONDS,
            command=partitions.command(self.prefix, self.service.name),
            opts=self._options(script, available),
        )

    def _job(self, job: Job, available: pulumi.Resource) -> tasks.Job:
        prepared = self._prepared(f"job-{job.name}", job.command)
        # Refuses to go, and its container with it, while the timer starts that one: so a failed release stops no job.
        gate = host.Ready(
            f"{prepared.name}-ready",
            container=prepared.physical,
            condition="prepared",
            opts=self._options(prepared.container),
        )
        return tasks.Job(
            f"{self.name}-job-{job.name}",
            name=f"{self.prefix}-{self.service.name}-{job.name}",
            description=f"Job {job.name} of {self.service.name} ({self.prefix})",
            calendar=job.schedule,
            container=prepared.physical,
            runner=JOB_SCRIPT,
            timeout=job.timeout.seconds,
            grace=max(self.service.stop_grace_period.seconds, 1),
            opts=self._options(gate, available),
        )

    def _prepared(self, task: str, command: tuple[str, ...]) -> _Prepared:
        """Make a container that is not started."""
        arguments = rendered.container(_alone(self.service, command), image=self.image, prefix=self.prefix, aliases=())
        release = rendered.release(arguments, self.versions)
        # No service has a dot in its name, so a waiver of the service holds for this one and for no other service.
        name = f"{self.name}.{task}-{release}"
        physical = f"{self.prefix}-{self.service.name}-{task}-{release}"
        arguments.name = physical
        arguments.labels = self.labels(release)
        arguments.envs = list(self.environment)
        arguments.start = False
        arguments.must_run = False
        options = pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.docker_provider,
            depends_on=list(self.after),
            replace_on_changes=rendered.IN_PLACE_WITHOUT_EFFECT,
            hooks=host.vacate_hook(self.host_provider, "container", physical, self.product),
        )
        return _Prepared(docker.Container(name, arguments, options), name, physical, release)

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.parent, provider=self.host_provider, depends_on=list(after))


def _alone(service: project.Service, command: tuple[str, ...]) -> project.Service:
    """Return a service whose container runs a command once: nobody calls it, and nothing starts it again."""
    return replace(
        service,
        command=command,
        healthcheck=Healthcheck(test=("NONE",)),
        restart=None,
        restart_attempts=None,
        published=(),
        tty=False,
        stdin_open=False,
        # The address is that of the service itself.
        networks=tuple(replace(network, address=None, aliases=()) for network in service.networks),
    )
