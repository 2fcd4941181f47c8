"""What programs use beside `infra.host.resources`: containers that are prepared, and run to their end."""

from collections.abc import Mapping, Sequence
from typing import Unpack

import pulumi

from infra.host.resources import HostResource
from infra.host.task_inputs import JobInputs, MigrationInputs


class Migration(HostResource):
    """The database of a service, brought to where its image wants it; refuses what cannot run with it any more."""

    TYPE = "host:index:Migration"
    INPUTS = MigrationInputs
    OUTPUTS = ("impact", "steps", "released")

    container: pulumi.Output[str]
    impact: pulumi.Output[str]
    """In a preview, that the database will be migrated; else that nothing changes."""
    steps: pulumi.Output[Sequence[Mapping[str, object]]]
    """The migrations of the service, the oldest first."""
    released: pulumi.Output[Sequence[Mapping[str, str]]]
    """The images that were put into service, the oldest first."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[MigrationInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Job(HostResource):
    """A prepared container that systemd runs by the calendar."""

    TYPE = "host:index:Job"
    INPUTS = JobInputs

    name: pulumi.Output[str]
    container: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[JobInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
