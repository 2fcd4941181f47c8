"""The inputs of each class in `infra.host.database_resources`; names and defaults are those of the agent's kind."""

from typing import NotRequired, TypedDict

import pulumi


class DatabaseUserInputs(TypedDict):
    """Inputs of a `DatabaseUser`."""

    container: pulumi.Input[str]
    """Container of the PostgreSQL server; a change replaces the resource."""
    name: pulumi.Input[str]
    """What the user is called in all its forms: its role, or itself where it has none; a change replaces it."""
    user: pulumi.Input[str]
    """Who signs in."""
    password: pulumi.Input[str]
    role: NotRequired[pulumi.Input[str]]
    """For whom the user acts, and who owns all that it makes; made where there is none. Nobody by default."""
    database: NotRequired[pulumi.Input[str]]
    """Made for that role where there is none; none by default."""


class RetiredDatabaseUserInputs(TypedDict):
    """Inputs of a `RetiredDatabaseUser`."""

    container: pulumi.Input[str]
    """Container of the PostgreSQL server; a change replaces the resource."""
    name: pulumi.Input[str]
    """Role that the user acted for; a change replaces the resource."""
    user: pulumi.Input[str]
    """Who may not sign in any more."""
