"""What a component knows of a product's secret."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseAccess:
    """The database user whose password a secret is."""

    service: str
    """PostgreSQL service of the product."""
    role: str
    """Role that the user acts for."""
    database: str
    user: str
    """Who signs in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A secret of a product."""

    value: pulumi.Input[str]
    version: str
    """Changes with the value, and does not tell it: another version is another release."""
    access: DatabaseAccess | None = None
