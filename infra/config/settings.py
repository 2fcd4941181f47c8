"""What the components get: a stack file that was found right, with everything it names resolved."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from infra.compose.project import Project
from infra.compose.quantities import MiB
from infra.config.backup_settings import BackupSettings
from infra.config.database import DatabaseAccess
from infra.config.monitoring_settings import MonitoringSettings
from infra.host.ssh import Connection
from infra.ingress.rules import PublicRule, Redirect, Stream
from infra.profiles import Override, Particulars, ProfileName, Suite

if TYPE_CHECKING:
    from infra.config.repository_settings import GitHubSettings, RepositorySettings


@dataclass(frozen=True, kw_only=True, slots=True)
class TextFile:
    """A text that the stack file names by path."""

    path: str
    content: str | None
    """None when the file does not exist yet, which only a preview accepts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigSecret:
    """A secret that a person set: `pulumi config set --secret slipway:secret-<name>`."""

    name: str
    rotation: int = 1

    @property
    def key(self) -> str:
        """Key in the `slipway` namespace of the stack file."""
        return f"secret-{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSecret:
    """A secret in a file of the machine that runs Pulumi."""

    path: Path
    missing: bool
    """It does not exist yet, which only a preview accepts."""

    def read(self) -> str:
        """Return the secret."""
        return self.path.read_text(encoding="utf-8").strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratedSecret:
    """A secret that nobody knows: made once, kept in the state, made anew when `rotation` changes."""

    length: int
    rotation: int = 1
    database: DatabaseAccess | None = None
    """The database user whose password it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SshSettings:
    """How a server is signed in to; either `host_key` or `known_hosts` is set."""

    user: str
    bootstrap_user: str
    port: int
    host_key: str
    known_hosts: str
    identity_file: str


Keys = tuple[str, ...] | None
"""Public keys; None while a file that holds one does not exist yet, which only a preview accepts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirewallRuleSettings:
    """Something that may come in."""

    port: str
    """A port, or a range as in `8000:8010`."""
    protocol: Literal["tcp", "udp", "any"]
    source: str | None
    interface: str | None
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FirewallSettings:
    """What may come in to a server, and who is banned."""

    rules: tuple[FirewallRuleSettings, ...]
    ssh_from: tuple[str, ...]
    """Empty for everyone."""
    ipv6: bool
    never_banned: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExclusiveSettings:
    """Where what is not declared is removed."""

    users: bool
    keys: bool
    firewall: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerSettings:
    """The stack that a server belongs to, where that is another one."""

    stack: str
    has_edge: bool
    trusted_proxies: tuple[str, ...]
    """Of its edge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacitySettings:
    """What a server is said to have."""

    memory: MiB
    cpus: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    """A Debian server."""

    name: str
    owner: OwnerSettings | None = None
    """None for a server of this stack."""
    host: str
    ssh: SshSettings
    suite: Suite | None
    profile: ProfileName
    overrides: Mapping[str, Override]
    particulars: Particulars
    admin_keys: Keys
    admins: Mapping[str, Keys]
    """People with an account of their own."""
    exclusive: ExclusiveSettings
    firewall: FirewallSettings | None
    """None for a server whose firewall is somebody else's."""
    swap: int | None
    """MiB."""
    timezone: str | None
    hostname: str | None
    untested: bool
    """Whether it may be another system than the ones this version was tested on."""
    security_archive: str | None
    capacity: CapacitySettings | None = None
    """None where nothing is said of it."""
    edge_subnet: str
    """Slot 0 of `container_subnets`."""
    edge_subnet_ipv6: str | None
    """None where nothing is let in by IPv6."""

    @property
    def connection(self) -> Connection:
        """How it is signed in to, from wherever that is done."""
        return Connection(host=self.host, **asdict(self.ssh))


@dataclass(frozen=True, kw_only=True, slots=True)
class AcmeSettings:
    """Where certificates come from."""

    email: str
    directory: str
    """URL of the ACME directory."""
    challenge: Literal["tls-alpn-01", "http-01"]
    ca: TextFile | None
    """Certificate authority of the ACME server's own certificate, when it is a private one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateSettings:
    """A certificate of the stack's own."""

    chain: TextFile
    key: ConfigSecret | FileSecret


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeSettings:
    """The edge of every server that has an ingress."""

    image: str
    """Traefik by digest."""
    acme: AcmeSettings
    certificates: tuple[CertificateSettings, ...]
    http3: bool
    trusted_proxies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrySettings:
    """A registry that wants a login."""

    host: str
    username: str
    password: ConfigSecret | FileSecret
    ca: TextFile | None


@dataclass(frozen=True, kw_only=True, slots=True)
class IngressSettings:
    """A way from the internet to a service."""

    service: str
    rule: PublicRule


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSettings:
    """A port of the server that leads to a service which does not speak HTTP."""

    service: str
    stream: Stream


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginSettings:
    """What visitors of a product sign in with."""

    user: str
    rotation: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRelease:
    """What runs: an image by digest, and where it came from."""

    image: str
    """`repository@sha256:…`."""
    tag: str | None = None
    revision: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductSettings:
    """A product with everything that a component needs to run it."""

    name: str
    server: str
    project: Project
    images: Mapping[str, ImageRelease]
    """Service → image, one for each service of the project."""
    secrets: Mapping[str, ConfigSecret | GeneratedSecret]
    ingress: tuple[IngressSettings, ...]
    streams: tuple[StreamSettings, ...]
    redirects: tuple[Redirect, ...]
    login: LoginSettings | None
    """None where nothing asks for it."""
    maintenance: bool
    """Whether visitors see the maintenance page."""
    maintenance_page: TextFile | None
    subnet: str
    """IPv4 network of the product's `default` network; its other networks are left to Docker."""
    memory: MiB
    """Limit of a service whose compose files set none."""
    disposable: frozenset[str]
    """Volumes that are deleted with the product."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GuestSettings:
    """What a server has to know of a product that another stack has on it."""

    name: str
    """Stack and product, as in `test/shop`."""
    server: str
    project: Project
    ingress: tuple[IngressSettings, ...]
    streams: tuple[StreamSettings, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One stack, ready to be composed."""

    stack: str
    servers: Mapping[str, ServerSettings]
    edge: EdgeSettings | None
    registries: Mapping[str, RegistrySettings]
    products: Mapping[str, ProductSettings]
    github: "GitHubSettings"
    repositories: "Mapping[str, RepositorySettings]"
    guests: tuple[GuestSettings, ...] = ()
    """Products of other stacks on the servers of this one."""
    backups: BackupSettings | None = None
    monitoring: MonitoringSettings | None = None
    missing_files: tuple[str, ...]
    """Files the stack file names that do not exist yet; empty at `up`."""
    release_file: Path
    """Where the digests came from, for the head of the preview."""
