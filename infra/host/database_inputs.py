"""The inputs of each class in `infra.host.database_resources`; names and defaults are those of the agent's kind."""

from typing import NotRequired, TypedDict

import pulumi


class DatabaseUserInputs(TypedDict):
    """Inputs of a `DatabaseUser`."""

    container: pulumi.Input[str]
    """Container of the PostgreSQL server; a change replaces the resource."""
    user: pulumi.Input[str]
    """Who signs in; a change replaces the resource."""
    password: pulumi.Input[str]
    role: NotRequired[pulumi.Input[str]]
    """For whom the user acts, and who owns all that it makes; made where there is none. Nobody by default."""
    database: NotRequired[pulumi.Input[str]]
    """Made for that role where there is none; none by default."""


class PasswordLookupInputs(TypedDict):
    """Inputs of a `PasswordLookup`."""

    container: pulumi.Input[str]
    """Container of the PostgreSQL server; a change replaces the resource."""
    database: pulumi.Input[str]
    """Where the function is; a change replaces the resource."""
    role: pulumi.Input[str]
    """Who may call it, and what the schema is called; a change replaces the resource."""
