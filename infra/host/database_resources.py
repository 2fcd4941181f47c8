"""What programs use beside `infra.host.resources`: who may sign in to a PostgreSQL server of a product."""

from typing import Unpack

import pulumi

from infra.host.database_inputs import DatabaseUserInputs
from infra.host.resources import HostResource


class DatabaseUser(HostResource):
    """A user of a PostgreSQL server and its password; role and database are made where they are missing."""

    TYPE = "host:index:DatabaseUser"
    INPUTS = DatabaseUserInputs

    user: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[DatabaseUserInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
