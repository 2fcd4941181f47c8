"""The parts of a service, as `docker-compose config` prints them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from infra.compose.project import DependencyCondition, Protocol
from infra.compose.values import (
    AbsolutePath,
    Alias,
    DevicePath,
    DevicePermissions,
    DurationText,
    FileMode,
    IPv4Text,
    MountType,
    Number,
    OneContainer,
    Processors,
    Propagation,
    PublishedPortText,
    Replicas,
    ReplicatedMode,
    Size,
    SwarmMode,
)
from infra.config.section import Port, Section


class Nothing(Section):
    """A map that has to be empty: what Compose allows in it is refused."""


class NetworkUse(Section):
    """A network that a service is on."""

    aliases: list[Alias] = Field(default_factory=list)
    ipv4_address: IPv4Text | None = None


class TmpfsOptions(Section):
    """A folder in memory."""

    size: Size | None = None
    mode: int | None = None


class BindOptions(Section):
    """How a folder of the server is mounted."""

    propagation: Propagation | None = None
    create_host_path: bool = True


class MountUse(Section):
    """What is seen at a path of the container."""

    type: MountType
    target: AbsolutePath
    source: str | None = None
    read_only: bool = False
    volume: Nothing | None = None
    bind: BindOptions = Field(default_factory=BindOptions)
    tmpfs: TmpfsOptions | None = None

    @model_validator(mode="after")
    def _source_is_on_the_server(self) -> Self:
        if self.type == "volume" and self.source is None:
            msg = "must have a name: say `<name>:<path>`, and put the name under the top-level `volumes` too"
            raise ValueError(msg)
        if self.type == "bind" and (self.source or "~").startswith("~"):
            msg = "must name a file of the repository or an absolute path on the server"
            raise ValueError(msg)
        return self


class SecretUse(Section):
    """A secret as a file."""

    source: str
    target: str


class ConfigUse(Section):
    """A text as a file."""

    source: str
    target: AbsolutePath | None = None
    uid: Number = "0"
    gid: Number = "0"
    mode: FileMode = "0444"


class DeviceUse(Section):
    """A device of the server."""

    source: DevicePath
    target: str
    permissions: DevicePermissions = "rwm"


class HealthcheckUse(Section):
    """How Docker finds out whether a container is healthy."""

    test: list[str] = Field(default_factory=list)
    interval: DurationText | None = None
    timeout: DurationText | None = None
    retries: int | None = None
    start_period: DurationText | None = None
    start_interval: DurationText | None = None
    disable: bool = False

    @model_validator(mode="after")
    def _test_is_written(self) -> Self:
        if not self.test and not self.disable:
            msg = "must have a `test`: Slipway cannot see the image's own"
            raise ValueError(msg)
        return self


class DependencyUse(Section):
    """Another service that has to come first."""

    condition: DependencyCondition
    required: bool = True


class Limits(Section):
    """The most that a container may use."""

    cpus: Processors | None = None
    memory: Size | None = None


class Reservations(Section):
    """What is left to a container when the server runs short."""

    memory: Size | None = None


class Resources(Section):
    """The part of `deploy` that says how much a container may use."""

    limits: Limits = Field(default_factory=Limits)
    reservations: Reservations = Field(default_factory=Reservations)


class UpdateConfig(Section):
    """How a release goes."""

    order: Literal["start-first", "stop-first"] | None = None
    parallelism: OneContainer = 1


class RestartRule(Section):
    """When a container is started again."""

    condition: Literal["none", "on-failure", "any"] = "any"
    max_attempts: int | None = None


class Deploy(Section):
    """How a service is run."""

    mode: ReplicatedMode = "replicated"
    replicas: Replicas = 1
    resources: Resources = Field(default_factory=Resources)
    update_config: UpdateConfig = Field(default_factory=UpdateConfig)
    restart_policy: RestartRule | None = None


class UlimitRange(Section):
    """A limit with a soft and a hard value."""

    soft: int
    hard: int


class LoggingUse(Section):
    """Where the output goes."""

    driver: str = "json-file"
    options: dict[str, str] = Field(default_factory=dict)


class PortUse(Section):
    """A port of the server that leads to the container."""

    target: Port
    published: PublishedPortText
    host_ip: str = ""
    protocol: Protocol = "tcp"
    mode: SwarmMode = "ingress"
