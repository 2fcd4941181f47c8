"""What a compose file declares outside of its services: networks, volumes, secrets and configs."""

from pydantic import Field

from infra.compose.values import BridgeDriver, LocalDriver
from infra.config.section import Section, Subnet


class AddressRange(Section):
    """The addresses of a network."""

    subnet: Subnet
    ip_range: str | None = None
    gateway: str | None = None
    aux_addresses: dict[str, str] = Field(default_factory=dict)


class AddressManagement(Section):
    """Where a network's addresses come from."""

    driver: BridgeDriver = ""
    config: list[AddressRange] = Field(default_factory=list)


class NetworkDocument(Section):
    """A network of the product."""

    name: str
    driver: BridgeDriver = ""
    driver_opts: dict[str, str] = Field(default_factory=dict)
    internal: bool = False
    enable_ipv6: bool = False
    ipam: AddressManagement = Field(default_factory=AddressManagement)
    labels: dict[str, str] = Field(default_factory=dict)


class VolumeDocument(Section):
    """A volume of the product."""

    name: str
    driver: LocalDriver = ""
    driver_opts: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)


class SecretDocument(Section):
    """A secret that the stack file provides."""

    name: str
    external: bool = False
    environment: str | None = None


class ConfigDocument(Section):
    """A text that services read as a file."""

    name: str
    content: str | None = None
    file: str | None = None
    environment: str | None = None
