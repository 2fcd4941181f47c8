"""What `docker-compose config` prints, as far as Slipway maps it: closed, so that nothing is dropped in silence."""

from typing import Self

from pydantic import Field, model_validator

from infra.compose.extension import Extension
from infra.compose.project import DependencyCondition, Protocol
from infra.compose.values import (
    AbsolutePath,
    Capability,
    DurationText,
    ExposedPorts,
    HostLine,
    ImageName,
    LabelName,
    MountType,
    OneContainer,
    Processors,
    PublishedPortText,
    Required,
    RestartPolicy,
    SecurityOption,
    Size,
    SwarmMode,
)
from infra.config.section import Name, Port, Section


class Nothing(Section):
    """A map that has to be empty: what Compose allows in it is refused."""


class NetworkUse(Section):
    """A network that a service is on."""

    aliases: list[Name] = Field(default_factory=list)


class TmpfsOptions(Section):
    """A folder in memory."""

    size: Size | None = None
    mode: int | None = None


class MountUse(Section):
    """What is seen at a path of the container."""

    type: MountType
    target: AbsolutePath
    source: str | None = None
    read_only: bool = False
    volume: Nothing | None = None
    bind: Nothing | None = None
    tmpfs: TmpfsOptions | None = None

    @model_validator(mode="after")
    def _source_is_on_the_server(self) -> Self:
        if self.type == "volume" and self.source is None:
            msg = "must have a name: say `<name>:<path>`, and put the name under the top-level `volumes` too"
            raise ValueError(msg)
        if self.type == "bind" and not (self.source or "").startswith("/"):
            msg = "must name an absolute path on the server: files of the repository are not there"
            raise ValueError(msg)
        return self


class SecretUse(Section):
    """A secret as a file."""

    source: str
    target: str


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
    required: Required = True


class Limits(Section):
    """The most that a container may use."""

    cpus: Processors | None = None
    memory: Size | None = None


class Resources(Section):
    """The one part of `deploy` that concerns a single server."""

    limits: Limits = Field(default_factory=Limits)


class Deploy(Section):
    """How a service is run."""

    resources: Resources = Field(default_factory=Resources)
    replicas: OneContainer = 1


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


class ServiceDocument(Section):
    """One service."""

    image: ImageName
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    environment: dict[str, str | None] = Field(default_factory=dict)
    labels: dict[LabelName, str] = Field(default_factory=dict)
    networks: dict[str, NetworkUse | None] = Field(default_factory=dict)
    volumes: list[MountUse] = Field(default_factory=list)
    tmpfs: list[AbsolutePath] = Field(default_factory=list)
    secrets: list[SecretUse] = Field(default_factory=list)
    healthcheck: HealthcheckUse | None = None
    depends_on: dict[str, DependencyUse] = Field(default_factory=dict)
    mem_limit: Size | None = None
    cpus: Processors | None = None
    deploy: Deploy = Field(default_factory=Deploy)
    restart: RestartPolicy | None = None
    user: str | None = None
    working_dir: AbsolutePath | None = None
    hostname: str | None = None
    read_only: bool = False
    init: bool | None = None
    cap_add: list[Capability] = Field(default_factory=list)
    cap_drop: list[Capability] = Field(default_factory=list)
    security_opt: list[SecurityOption] = Field(default_factory=list)
    group_add: list[str] = Field(default_factory=list)
    ulimits: dict[str, int | UlimitRange] = Field(default_factory=dict)
    sysctls: dict[str, str] = Field(default_factory=dict)
    shm_size: Size | None = None
    extra_hosts: list[HostLine] = Field(default_factory=list)
    expose: list[ExposedPorts] = Field(default_factory=list)
    ports: list[PortUse] = Field(default_factory=list)
    logging: LoggingUse | None = None
    stop_grace_period: DurationText | None = None
    stop_signal: str | None = None
    x_slipway: Extension = Field(default_factory=Extension, alias="x-slipway")

    @model_validator(mode="after")
    def _limits_agree(self) -> Self:
        limits = self.deploy.resources.limits
        if None not in (self.mem_limit, limits.memory) and self.mem_limit != limits.memory:
            msg = "`mem_limit` and `deploy.resources.limits.memory` differ: keep one of them"
            raise ValueError(msg)
        if None not in (self.cpus, limits.cpus) and self.cpus != limits.cpus:
            msg = "`cpus` and `deploy.resources.limits.cpus` differ: keep one of them"
            raise ValueError(msg)
        return self


class NetworkDocument(Section):
    """A network of the product."""

    name: str
    internal: bool = False


class VolumeDocument(Section):
    """A volume of the product."""

    name: str


class SecretDocument(Section):
    """A secret that the stack file provides."""

    name: str
    external: bool = False
    environment: str | None = None
