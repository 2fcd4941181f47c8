"""What programs use beside `infra.host.resources`: who may sign in to a PostgreSQL server of a product, and how."""

from typing import Unpack

import pulumi

from infra.host.database_inputs import DatabaseUserInputs, PasswordLookupInputs
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


class PasswordLookup(HostResource):
    """A function of a database by which a pooler looks up what is kept of passwords."""

    TYPE = "host:index:PasswordLookup"
    INPUTS = PasswordLookupInputs

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[PasswordLookupInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)
