"""What a compose file says of a database server beyond what Docker Compose knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """What is said of a server's settings."""

    tune: bool = True
    """Whether it is started with settings at all."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting → value as the server reads it, in place of the one that follows from its limits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Partitions:
    """A PostgreSQL table whose monthly partitions are made ahead."""

    table: str
    """`<table>` or `<schema>.<table>`, as the database has it."""
    ahead: int
    """How many months after this one."""
    database: str | None
    """None for the one that the image makes."""
    time_zone: str
    """Where its months begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pooler:
    """A service whose image is PgBouncer, before a PostgreSQL service of the product."""

    database: str
    """The PostgreSQL service."""
    mode: Literal["transaction", "session"]
    """What a client has a connection of the server's for."""
    size: int
    """How many connections it opens to each database."""
    clients: int
    """How many clients it lets in at once."""
