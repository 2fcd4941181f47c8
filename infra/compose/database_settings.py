"""What a compose file may say to Slipway of a database server."""

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from infra.compose.databases import Pooler, Tuning
from infra.config.host_values import TimeZone
from infra.config.section import Form, Name, Section

_KILOBYTES = {"kb": 1, "mb": 1024, "gb": 1024 * 1024}
_UNIT_LETTERS = 2


def kilobytes(size: str) -> int:
    """Return a size as the servers write it, such as `64MB` or `100mb`, in kilobytes of 1024 bytes."""
    return int(size[:-_UNIT_LETTERS]) * _KILOBYTES[size[-_UNIT_LETTERS:].lower()]


def _at_least(smallest_kilobytes: int, sentence: str) -> Callable[[str], str]:
    def check(size: str) -> str:
        if kilobytes(size) < smallest_kilobytes:
            raise ValueError(sentence)
        return size

    return check


_POSTGRES_SIZE = Form(
    "size", "^[1-9][0-9]{0,8}(kB|MB|GB)$", "must be a size as PostgreSQL writes it, such as `64MB` or `2GB`"
)
PostgresSize = Annotated[str, _POSTGRES_SIZE, AfterValidator(_at_least(1024, "must be at least 1MB"))]
WalSize = Annotated[
    str,
    _POSTGRES_SIZE,
    AfterValidator(_at_least(32 * 1024, "must be at least 32MB, two files of the log: PostgreSQL would not start")),
]
RedisSize = Annotated[
    str, Form("size", "^[1-9][0-9]{0,8}(kb|mb|gb)$", "must be a size as Redis writes it, such as `100mb`")
]
Workers = Annotated[int, Field(ge=0, le=1024)]
TableName = Annotated[
    str,
    Form(
        "table",
        r'^[^."\x00-\x1f]{1,63}(\.[^."\x00-\x1f]{1,63})?$',
        "must be a table or `<schema>.<table>`, as the database has it and without quotes",
    ),
]
DatabaseName = Annotated[
    str, Form("database", "^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$", "must be the name of a database, such as `app`")
]
Eviction = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]


class _Settings(Section):
    """Settings of a server, each in place of the value that follows from its limits."""

    tune: bool = True
    """`false` starts the server as its image does."""

    @model_validator(mode="after")
    def _settings_are_used(self) -> Self:
        if not self.tune and self.tuning().settings:
            msg = "sets nothing with `tune: false`: keep one of them"
            raise ValueError(msg)
        return self

    def tuning(self) -> Tuning:
        """Return what is said, values as the server reads them."""
        said = self.model_dump(exclude_none=True, exclude={"tune"})
        return Tuning(tune=self.tune, settings={name: _text(value) for name, value in sorted(said.items())})


class PostgresSettings(_Settings):
    """Settings of a PostgreSQL server."""

    max_connections: Annotated[int, Field(ge=10, le=10_000)] | None = None
    """How many clients at once."""
    shared_buffers: PostgresSize | None = None
    """What the server keeps of the data in memory of its own."""
    effective_cache_size: PostgresSize | None = None
    """What the planner may take to be in memory."""
    maintenance_work_mem: PostgresSize | None = None
    """What `VACUUM` and `CREATE INDEX` may use."""
    work_mem: PostgresSize | None = None
    """What each sort and each hash of a query may use."""
    min_wal_size: WalSize | None = None
    """Below it the write-ahead log's files are kept for later use."""
    max_wal_size: WalSize | None = None
    """How large the log grows until a checkpoint is made."""
    max_worker_processes: Workers | None = None
    """How many background processes in all."""
    max_parallel_workers: Workers | None = None
    """How many of them for queries."""
    max_parallel_workers_per_gather: Workers | None = None
    """How many for one step of a query."""
    max_parallel_maintenance_workers: Workers | None = None
    """How many for one `CREATE INDEX` or `VACUUM`."""
    random_page_cost: Annotated[float, Field(ge=0, le=1000, title="number")] | None = None
    """What a page costs that is not read in sequence."""
    effective_io_concurrency: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How many reads the disk takes at once."""


class RedisSettings(_Settings):
    """Settings of a Redis or Valkey server."""

    maxmemory: RedisSize | None = None
    """How much data it holds."""
    maxmemory_policy: Eviction | None = None
    """What it does when that is full; `noeviction` refuses further writes."""
    appendonly: bool | None = None
    """Whether every write goes to a file in its volume."""
    appendfsync: Literal["always", "everysec", "no"] | None = None
    """How often the file is forced to the disk."""


class PartitionsUse(Section):
    """A table whose monthly partitions are made ahead."""

    table: TableName
    """`<table>` or `<schema>.<table>`, partitioned by the range of one `date` or `timestamp` column."""
    ahead: Annotated[int, Field(ge=1, le=36)] = 3
    """How many months after this one there are partitions for."""
    database: DatabaseName | None = None
    """Where the table is; by default in the database that the image makes (`POSTGRES_DB`)."""
    time_zone: TimeZone = "UTC"
    """Where a month begins."""


class PoolerUse(Section):
    """A PostgreSQL service whose connections a service of PgBouncer shares out."""

    database: Name
    """The PostgreSQL service of the product."""
    mode: Literal["transaction", "session"] = "transaction"
    """What a client has one of the server's connections for: a transaction, or as long as it stays."""
    size: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many connections to each database."""
    clients: Annotated[int, Field(ge=1, le=10_000)] = 500
    """How many clients at once; those without a connection of the server's wait for one."""

    def pooler(self) -> Pooler:
        """Return it as the project has it."""
        return Pooler(database=self.database, mode=self.mode, size=self.size, clients=self.clients)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
