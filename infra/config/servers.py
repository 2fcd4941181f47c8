"""Section `slipway:servers`: the Debian servers of this stack."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from infra.config.capacity import Capacity
from infra.config.hardening import (
    Apt,
    Exclusive,
    Fail2ban,
    Firewall,
    OperatingSystem,
    Override,
    SettingPattern,
)
from infra.config.host_values import AccountName, HostName, Swap, TimeOfDay, TimeZone
from infra.config.section import FilePath, HostKey, Name, Port, PublicKey, Section, ServerAddress, Subnet, UserName


class Ssh(Section):
    """How to sign in."""

    user: AccountName = "deploy"
    """User that Slipway makes and signs in as; never `root`."""
    bootstrap_user: UserName = "root"
    """User a fresh server is signed in to with, once."""
    port: Port = 22
    """Port of the SSH server."""
    host_key: HostKey | None = None
    """The server's public host key; this or `known_hosts`."""
    known_hosts: FilePath | None = None
    """File that holds the server's host key; this or `host_key`."""
    identity_file: FilePath | None = None
    """Private key to sign in with; the SSH agent's keys when absent."""

    @model_validator(mode="after")
    def _one_host_key(self) -> Self:
        return self.check_one_of("host_key", "known_hosts")


class AdminKey(Section):
    """A public key, written as a line of text or as the file that holds it."""

    key: PublicKey | None = None
    """The key itself; a text in place of the map means the same."""
    file: FilePath | None = None
    """File of public keys, one a line."""

    @model_validator(mode="before")
    @classmethod
    def _line(cls, value: object) -> object:
        return {"key": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        return self.check_one_of("key", "file")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """Tell editors that the line alone will do."""
        model: dict[str, Any] = handler.resolve_ref_schema(handler(schema))
        line = next(branch for branch in model["properties"]["key"]["anyOf"] if branch["type"] == "string")
        return {"anyOf": [line, model]}


def _some(keys: list[AdminKey]) -> list[AdminKey]:
    if not keys:
        msg = "must hold at least one key: nobody could sign in as this user any more"
        raise ValueError(msg)
    return keys


AdminKeys = Annotated[list[AdminKey], Field(json_schema_extra={"minItems": 1}), AfterValidator(_some)]


class Server(Section):
    """One Debian 12 or 13 server with a public address."""

    DISPENSABLE: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("admins", "*"),
        ("overrides", "*"),
        ("firewall", "rules"),
        ("capacity",),
    )

    host: ServerAddress
    """Host name or address by which Slipway reaches the server."""
    ssh: Ssh
    """How to sign in."""
    suite: Literal["bookworm", "trixie"] | None = None
    """Debian 12 or 13; needed by the profile `hardened`, whose settings differ between them, and by a healthcheck's
    `start_interval`, which only 13 knows."""
    profile: Literal["hardened", "minimal"] = "minimal"
    """`hardened` sets all settings listed below and a firewall; `minimal` only what containers need."""
    admin_keys: AdminKeys
    """Public keys of the people (and of CI) who may sign in as the deploy user: a line, or `{file: <path>}`. One
    that is removed here is removed from the server; the last one cannot be."""
    admins: dict[AccountName, AdminKeys] = Field(default_factory=dict)
    """People with an account of their own, and sudo: user name to public keys."""
    overrides: dict[SettingPattern, Override] = Field(default_factory=dict)
    """What is otherwise here than in the profile, by the name of the setting or a pattern such as `sysctl/kernel.*`. A
    name goes before a pattern, and a longer pattern before a shorter one."""
    exclusive: Exclusive = Exclusive()
    """Where what is not declared is removed, rather than listed and left alone."""
    firewall: Firewall | None = None
    """What may come in; the profile `hardened` has a firewall in any case."""
    fail2ban: Fail2ban | None = None
    """Who is banned after failed logins; goes with the firewall."""
    swap: Swap = None
    """Size of the swap file; `none`, or nothing, leaves the server's swap as it is."""
    timezone: TimeZone | None = None
    """Time zone; the server's own when absent."""
    hostname: HostName | None = None
    """Name of the server; its own when absent."""
    reboot_window: TimeOfDay | None = None
    """Time of day, in the server's time zone, at which it may reboot for a security upgrade; never when absent."""
    os: OperatingSystem = OperatingSystem()
    """Servers that this version was not tested on."""
    apt: Apt | None = None
    """Where packages come from."""
    container_subnets: Subnet = "10.213.0.0/16"
    """Private network that product networks are taken from, one /24 each; the first is the edge's."""
    capacity: Capacity | None = None
    """What the server has: limits of containers that come to more are refused in the preview. Nothing is compared when
    absent."""


class Guest(Section):
    """A server of another stack, on which this one has products: that stack keeps it, and its file describes it."""

    owner: Name
    """Stack that the server belongs to; `Pulumi.<owner>.yaml` is in the same folder."""
    server: Name | None = None
    """What the server is called there; the same as here when absent."""
