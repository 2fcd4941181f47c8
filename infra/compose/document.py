"""What `docker-compose config` prints, as far as Slipway maps it: closed, so that nothing is dropped in silence."""

from typing import Self

from pydantic import Field, model_validator

from infra.compose.extension import Extension
from infra.compose.uses import (
    ConfigUse,
    DependencyUse,
    Deploy,
    DeviceUse,
    HealthcheckUse,
    LoggingUse,
    MountUse,
    NetworkUse,
    PortUse,
    SecretUse,
    UlimitRange,
)
from infra.compose.values import (
    AbsolutePath,
    Capability,
    DurationText,
    ExposedPorts,
    HostLine,
    ImageName,
    ImagePlatform,
    IpcMode,
    LabelName,
    PidMode,
    Positive,
    Processors,
    Replicas,
    RestartPolicy,
    SecurityOption,
    Size,
)
from infra.config.section import Section


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
    configs: list[ConfigUse] = Field(default_factory=list)
    devices: list[DeviceUse] = Field(default_factory=list)
    healthcheck: HealthcheckUse | None = None
    depends_on: dict[str, DependencyUse] = Field(default_factory=dict)
    mem_limit: Size | None = None
    mem_reservation: Size | None = None
    cpu_shares: Positive | None = None
    cpuset: str | None = None
    cpus: Processors | None = None
    deploy: Deploy = Field(default_factory=Deploy)
    restart: RestartPolicy | None = None
    user: str | None = None
    working_dir: AbsolutePath | None = None
    hostname: str | None = None
    domainname: str | None = None
    dns: list[str] = Field(default_factory=list)
    dns_opt: list[str] = Field(default_factory=list)
    dns_search: list[str] = Field(default_factory=list)
    pid: PidMode | None = None
    ipc: IpcMode | None = None
    platform: ImagePlatform | None = None
    profiles: list[str] = Field(default_factory=list)
    tty: bool = False
    stdin_open: bool = False
    scale: Replicas = 1
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

    @property
    def release_key(self) -> tuple[str, ...]:
        """Where the file says how the service is released."""
        return ("x-slipway", "release") if self.x_slipway.release else ("deploy", "update_config", "order")

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        resources = self.deploy.resources
        _same("mem_limit", self.mem_limit, "deploy.resources.limits.memory", resources.limits.memory)
        _same(
            "mem_reservation",
            self.mem_reservation,
            "deploy.resources.reservations.memory",
            resources.reservations.memory,
        )
        _same("cpus", self.cpus, "deploy.resources.limits.cpus", resources.limits.cpus)
        _same("restart", self.restart, "deploy.restart_policy", self.deploy.restart_policy)
        _same(
            "x-slipway.release", self.x_slipway.release, "deploy.update_config.order", self.deploy.update_config.order
        )
        return self


def _same(key: str, value: object, other: str, other_value: object) -> None:
    if None not in (value, other_value) and value != other_value:
        msg = f"`{key}` and `{other}` differ: keep one of them"
        raise ValueError(msg)
