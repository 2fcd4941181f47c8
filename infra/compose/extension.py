"""What a compose file may say to Slipway: `x-slipway` of a service."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from infra.compose.calendar import Calendar
from infra.compose.database_settings import DatabaseName, PartitionsUse, PoolerUse, PostgresSettings, RedisSettings
from infra.compose.keeping import Keeping
from infra.compose.quantities import Duration
from infra.compose.values import AbsolutePath, CommandWords, DurationText, Span
from infra.config.section import Name, Section


class Ready(Section):
    """When a new container counts as ready."""

    timeout: DurationText = Duration(60_000)
    """How long it may take to become healthy; then the release fails, and the former one goes on serving."""


class Migrate(Section):
    """How the database of a service is brought to where a new image wants it."""

    command: CommandWords
    """What a container of the new image runs, in place of the service's `command`: a line, or a list of words."""
    phase: Literal["expand", "contract"] = "expand"
    """`contract` for one after which the former image cannot run any more: going back is refused from then on."""
    timeout: Span = Duration(300_000)
    """How long it may take; then it is stopped, the release fails, and the former one goes on serving."""


class Job(Section):
    """A command that runs by the calendar."""

    schedule: Calendar
    """When it runs, in the server's time zone unless it names one, as systemd.time(7) writes it: `*-*-* 03:00`,
    `Mon..Fri 09:30`, `hourly`."""
    command: CommandWords
    """What a container of the service's image runs, in place of its `command`: a line, or a list of words."""
    timeout: Span = Duration(3_600_000)
    """How long it may take; then it is stopped, and has failed."""


class Backup(Section):
    """How the data of a service are backed up, where the stack file has `backups`."""

    none: Annotated[str, Field(min_length=15)] | None = None
    """Why its volumes and folders are not backed up, in words for a reviewer."""
    files: Literal["hot", "pause", "stop"] = "hot"
    """What happens to the containers that use its volumes and folders while these are read: nothing, or they are
    paused, or stopped. They go on in any case."""
    sqlite: list[AbsolutePath] = Field(default_factory=list)
    """SQLite databases, by their paths in the container; they are copied as of one moment."""
    checks: list[str] = Field(default_factory=list)
    """SQL for PostgreSQL that answers one `true` when a restored database is whole; the weekly drill asks it."""
    database: DatabaseName | None = None
    """Which database the checks are for, where the server has several."""

    @model_validator(mode="after")
    def _none_alone(self) -> Self:
        if self.none is not None and self.model_fields_set != {"none"}:
            msg = "has `none`, beside which nothing else has an effect"
            raise ValueError(msg)
        return self

    def keeping(self) -> Keeping:
        """Return it as the project has it."""
        return Keeping(
            none=self.none,
            files=self.files,
            sqlite=tuple(self.sqlite),
            checks=tuple(self.checks),
            database=self.database,
        )


class Extension(Section):
    """`x-slipway` of a service: how it is released, and what else its image does."""

    release: Literal["rolling", "recreate"] | None = None
    """`recreate` stops the old container before the new one starts. `rolling` starts the new one first, and is refused
    where two containers cannot run at once. By default rolling, unless the service has a writable volume or a published
    port."""
    ready: Ready = Field(default_factory=Ready)
    """When a new container counts as ready."""
    drain: DurationText = Duration(5_000)
    """How long the former container goes on after requests lead to the new one."""
    bake: DurationText = Duration(0)
    """How long a new container is watched after requests lead to it. If it ends or becomes unhealthy, or if more of its
    answers are 5xx than before by over one percentage point, requests lead to the former one again and the release has
    failed."""
    migrate: Migrate | None = None
    """What a new image does to the database before any container of it serves."""
    jobs: dict[Name, Job] = Field(default_factory=dict)
    """What runs by the calendar, by name."""
    postgres: PostgresSettings | None = None
    """Settings of a PostgreSQL server that has no `command`, beside those that follow from its limits."""
    redis: RedisSettings | None = None
    """Settings of a Redis or Valkey server that has no `command`, beside those that follow from its limits."""
    partitions: list[PartitionsUse] = Field(default_factory=list)
    """Tables of a PostgreSQL server whose monthly partitions are made ahead, every day."""
    pooler: PoolerUse | None = None
    """Makes a service of PgBouncer share out the connections of a PostgreSQL service."""
    backup: Backup | None = None
    """How its data are backed up, where that is otherwise than by default: a dump of PostgreSQL, a saved Redis, and the
    files of every other volume as they are."""
