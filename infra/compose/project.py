"""What Slipway knows of a product's compose files: frozen, normalised, without a single secret value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from infra.compose.databases import Partitions, Pooler, Tuning
from infra.compose.keeping import Keeping
from infra.compose.mount import Mount
from infra.compose.placeholders import placeholders
from infra.compose.quantities import Duration, MiB
from infra.compose.tasks import Job, Migration

Strategy = Literal["rolling", "stop-first"]
DependencyCondition = Literal["service_started", "service_healthy", "service_completed_successfully"]
Protocol = Literal["tcp", "udp", "sctp"]
SECRETS = PurePosixPath("/run/secrets")
"""Where containers have their secrets, unless something else is written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceNetwork:
    """A network a service is on."""

    name: str
    """Name in the compose file; `default` when it names none."""
    aliases: tuple[str, ...] = ()
    """Further names on this network; the service's own name always is one."""
    address: str | None = None
    """Fixed IPv4 address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigFile:
    """A text of the repository that the service reads as a file."""

    name: str
    path: str
    """Absolute path in the container."""
    content: str
    owner: str = "0"
    group: str = "0"
    mode: str = "0444"


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A device of the server, seen inside the container."""

    source: str
    target: str
    permissions: str = "rwm"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretFile:
    """A secret that the service reads as a file."""

    name: str
    """Secret name in the product's section of the stack file."""
    path: str
    """Absolute path in the container, `/run/secrets/<name>` by default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Healthcheck:
    """How Docker finds out whether a container is healthy; what is None is Docker's own default."""

    test: tuple[str, ...]
    """`("CMD", …)`, `("CMD-SHELL", line)`, or `("NONE",)` when the image's own check is switched off."""
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: int | None = None
    start_period: Duration | None = None
    start_interval: Duration | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency:
    """Another service of the product that has to come first."""

    service: str
    condition: DependencyCondition


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerPort:
    """A port that a service listens on."""

    number: int
    protocol: Protocol = "tcp"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPort:
    """A port of the server that leads to a port of the container."""

    address: str
    """Address of the server it is bound to; empty means all of them."""
    published: int
    target: int
    protocol: Protocol = "tcp"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ulimit:
    """A limit of the processes in the container."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A line of the container's `/etc/hosts`."""

    name: str
    address: str
    """IP address, or `host-gateway`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Logging:
    """Where the container's output goes."""

    driver: str
    options: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service of a product; None means that the compose file leaves it to the image or to Docker."""

    name: str
    image: str
    """As written: repository and tag. The digest comes from the release file."""
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    """Values may hold `{secret:<name>}`."""
    labels: Mapping[str, str]
    networks: tuple[ServiceNetwork, ...]
    mounts: tuple[Mount, ...]
    tmpfs: Mapping[str, str]
    """Path in the container → mount options such as `size=67108864,mode=1777`, may be empty."""
    secrets: tuple[SecretFile, ...]
    configs: tuple[ConfigFile, ...]
    devices: tuple[Device, ...]
    healthcheck: Healthcheck | None
    depends_on: tuple[Dependency, ...]
    memory: MiB | None
    memory_reservation: MiB | None
    cpu_shares: int | None
    """Weight against other containers when processors run short."""
    cpuset: str | None
    """Processors it may run on, such as `0-1`."""
    cpus: str | None
    """Number of processors, such as `0.5`."""
    restart: Literal["no", "always", "unless-stopped", "on-failure"] | None
    restart_attempts: int | None
    """Most restarts after a failure, with `on-failure` only."""
    user: str | None
    working_dir: str | None
    hostname: str | None
    domainname: str | None
    dns: tuple[str, ...]
    dns_options: tuple[str, ...]
    dns_search: tuple[str, ...]
    pid: str | None
    """`host` for the server's own processes."""
    ipc: str | None
    platform: str | None
    tty: bool
    stdin_open: bool
    read_only: bool
    init: bool | None
    cap_add: tuple[str, ...]
    cap_drop: tuple[str, ...]
    security_opt: tuple[str, ...]
    group_add: tuple[str, ...]
    ulimits: tuple[Ulimit, ...]
    sysctls: Mapping[str, str]
    shm_size: MiB | None
    extra_hosts: tuple[Host, ...]
    expose: tuple[ContainerPort, ...]
    published: tuple[PublishedPort, ...]
    logging: Logging | None
    stop_grace_period: Duration
    """How long it may take to stop, 10 s by default."""
    stop_signal: str | None
    release: Literal["rolling", "recreate"] | None
    """`x-slipway.release`, when written."""
    ready_timeout: Duration
    """How long a new container may take to get ready, 60 s by default."""
    drain: Duration
    """How long the former container goes on after the switch, 5 s by default."""
    bake: Duration
    """How long the new container is watched after the switch, not at all by default."""
    migrate: Migration | None = None
    jobs: tuple[Job, ...] = ()
    postgres: Tuning | None = None
    redis: Tuning | None = None
    backup: Keeping | None = None
    """As the two before: what `x-slipway` has under this name, when written."""
    partitions: tuple[Partitions, ...] = ()
    """Tables whose monthly partitions are made ahead."""
    pooler: Pooler | None = None
    """Which database's connections it shares out, when it does."""
    replicas: int = 1
    """How many containers serve at once."""

    @property
    def strategy(self) -> Strategy:
        """How a release goes: two containers that share data or a host port must never run at once."""
        shares_data = any(not mount.read_only for mount in self.mounts)
        has_address = any(network.address for network in self.networks)
        alone = shares_data or has_address or self.published or self.devices
        return "stop-first" if alone or self.release == "recreate" else "rolling"

    @property
    def ports(self) -> tuple[int, ...]:
        """TCP ports that other containers may call."""
        targets = {port.target for port in self.published if port.protocol == "tcp"}
        return tuple(sorted(targets | {port.number for port in self.expose if port.protocol == "tcp"}))

    @property
    def is_checked(self) -> bool:
        """Whether Docker finds out if it is healthy."""
        return self.healthcheck is not None and self.healthcheck.test != ("NONE",)

    @property
    def uid(self) -> int | None:
        """Number of the user the container runs as; root when the compose file names none."""
        number = (self.user or "0").partition(":")[0]
        return int(number) if number.isdecimal() else None

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Secrets it uses, as files or inside its environment, sorted."""
        composed = (name for value in self.environment.values() for name in placeholders(value))
        return tuple(sorted({*composed, *(secret.name for secret in self.secrets)}))


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressRange:
    """Addresses of a network."""

    subnet: str
    ip_range: str | None = None
    gateway: str | None = None
    reserved: Mapping[str, str] = field(default_factory=dict)
    """Name → address that Docker gives to no container."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """A network of a product."""

    name: str
    internal: bool = False
    """No way out of it."""
    ipv6: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the bridge driver."""
    labels: Mapping[str, str] = field(default_factory=dict)
    ranges: tuple[AddressRange, ...] = ()
    """Addresses; none when Docker chooses them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """A named volume of a product."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the local driver, as for a share of another server."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """All of a product's compose files, merged and normalised by Docker Compose; sorted by name."""

    services: Mapping[str, Service]
    networks: Mapping[str, Network]
    volumes: Mapping[str, Volume]
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service that does not run → its profiles, none of which the stack file switches on."""
