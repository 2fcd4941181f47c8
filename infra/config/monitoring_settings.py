"""What the components get of the section `slipway:monitoring`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TelegramSettings:
    """A chat."""

    chat_id: int
    token: str
    """Name of the stack's secret."""
    api_url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MailSettings:
    """Addresses that get a mail."""

    smarthost: str
    sender: str
    to: tuple[str, ...]
    username: str | None
    password: str | None
    """Name of the stack's secret."""
    require_tls: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringSettings:
    """What watches the servers of a stack."""

    images: Mapping[str, str]
    """Service → image by digest."""
    hosts: Mapping[str, str]
    """Server → domain."""
    grafana: bool
    """Whether dashboards are shown."""
    user: str
    """Who may look at the measurements."""
    rotation: int
    days: int
    size: int
    """MiB."""
    rules: Mapping[str, Mapping[str, str]]
    """Product → name of a file that it brings along → its text, each rule with the label of the product."""
    telegram: TelegramSettings | None
    mail: MailSettings | None
    watchdog: str | None
    """Name of the stack's secret that is the URL."""
    runbooks: str
    """What the path of a page follows; empty where nothing is known of it."""
    labels: Mapping[str, str]
    own_certificates: frozenset[str]
    """Domains that a certificate of the stack's own is for."""
    subnets: Mapping[str, str]
    """Server → IPv4 network of what watches it."""
