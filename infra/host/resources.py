"""What programs use: a server as a provider, and typed resources on it.

Adding a kind is one module in `agent/`, and here one class with its inputs.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Unpack

import pulumi
from pulumi.runtime import invoke_async

from infra.host.inputs import (
    DirectoryInputs,
    FileInputs,
    GroupInputs,
    ImageInputs,
    NetworkAttachmentInputs,
    PackageInputs,
    PostgresDataInputs,
    ReadyInputs,
    RedisDataInputs,
    RouteInputs,
    UnitInputs,
    UserInputs,
)
from infra.host.ssh import Connection

_VACATE = "host:index:vacate"


class Provider(pulumi.ProviderResource):
    """The one connection to a server; made when it is first needed, so that a preview works offline."""

    def __init__(
        self, resource_name: str, *, connection: Connection, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        config = {
            "host": connection.host,
            "port": str(connection.port),
            "user": connection.user,
            "bootstrapUser": connection.bootstrap_user,
            "identityFile": connection.identity_file,
            "hostKey": connection.host_key,
            "knownHosts": connection.known_hosts,
        }
        super().__init__("host", resource_name, config, opts)


class HostResource(pulumi.CustomResource):
    """Something on a server."""

    TYPE: ClassVar[str]
    """Type token; a changed one would destroy what the state holds under the former."""
    INPUTS: ClassVar[type]
    """The inputs, as a typed dictionary."""
    OUTPUTS: ClassVar[tuple[str, ...]] = ()
    """What is known only once it is there."""

    def __init__(self, resource_name: str, inputs: Mapping[str, object], opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(self.TYPE, resource_name, {**dict.fromkeys(self._attributes()), **inputs}, opts)

    def translate_input_property(self, prop: str) -> str:
        """Return the name on the wire of an attribute."""
        return _wire_name(prop) if prop in self._attributes() else prop

    def translate_output_property(self, prop: str) -> str:
        """Return the attribute of a name on the wire."""
        return next((name for name in self._attributes() if _wire_name(name) == prop), prop)

    def _attributes(self) -> tuple[str, ...]:
        return (*self.INPUTS.__annotations__, *self.OUTPUTS)


class File(HostResource):
    """A regular file, written whole or not at all; missing folders above it are made."""

    TYPE = "host:index:File"
    INPUTS = FileInputs
    OUTPUTS = ("sha256",)

    path: pulumi.Output[str]
    sha256: pulumi.Output[str]
    """Sum of the content, for whatever has to follow a change."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[FileInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Directory(HostResource):
    """A folder; removed only when it is empty."""

    TYPE = "host:index:Directory"
    INPUTS = DirectoryInputs

    path: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[DirectoryInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Package(HostResource):
    """An installed Debian package."""

    TYPE = "host:index:Package"
    INPUTS = PackageInputs
    OUTPUTS = ("version",)

    name: pulumi.Output[str]
    version: pulumi.Output[str]
    """The installed version."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[PackageInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Group(HostResource):
    """A group of users."""

    TYPE = "host:index:Group"
    INPUTS = GroupInputs

    name: pulumi.Output[str]
    gid: pulumi.Output[int]
    """Number of the group."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[GroupInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class User(HostResource):
    """A user who signs in by key; its home stays when it is removed."""

    TYPE = "host:index:User"
    INPUTS = UserInputs
    OUTPUTS = ("undeclared_groups",)

    name: pulumi.Output[str]
    uid: pulumi.Output[int]
    """Number of the user."""
    home: pulumi.Output[str]
    """Home of the user."""
    undeclared_groups: pulumi.Output[Sequence[str]]
    """Groups it is in that are not declared."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[UserInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Unit(HostResource):
    """A systemd unit, enabled and running or not."""

    TYPE = "host:index:Unit"
    INPUTS = UnitInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[UnitInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Image(HostResource):
    """A pulled container image; it stays on the server, because a former release may need it."""

    TYPE = "host:index:Image"
    INPUTS = ImageInputs

    reference: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[ImageInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class NetworkAttachment(HostResource):
    """A running container joined to a network it was not created with."""

    TYPE = "host:index:NetworkAttachment"
    INPUTS = NetworkAttachmentInputs

    network: pulumi.Output[str]
    container: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[NetworkAttachmentInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class PostgresData(HostResource):
    """The data of a PostgreSQL server: refuses a major version that cannot read it, already in the preview."""

    TYPE = "host:index:PostgresData"
    INPUTS = PostgresDataInputs

    volume: pulumi.Output[str]
    major: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[PostgresDataInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class RedisData(HostResource):
    """The data of a Redis server that appends its writes to a file: refuses a snapshot that it would not read."""

    TYPE = "host:index:RedisData"
    INPUTS = RedisDataInputs

    place: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[RedisDataInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Ready(HostResource):
    """A gate: what depends on it waits until a container is ready."""

    TYPE = "host:index:Ready"
    INPUTS = ReadyInputs
    OUTPUTS = ("impact", "down")

    container: pulumi.Output[str]
    impact: pulumi.Output[str]
    """In a preview, what the change means for those who use the service; else that there is none."""
    down: pulumi.Output[float]
    """Seconds for which the service did not answer during its last release, where that was measured."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[ReadyInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Route(HostResource):
    """Which container serves a name: switched, confirmed through the edge, or put back."""

    TYPE = "host:index:Route"
    INPUTS = RouteInputs
    OUTPUTS = ("impact",)

    name: pulumi.Output[str]
    container: pulumi.Output[str]
    release: pulumi.Output[str]
    impact: pulumi.Output[str]
    """In a preview, what the change means for those who use the service; else that there is none."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[RouteInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


def vacate_hook(provider: Provider, kind: str, name: str, product: str) -> pulumi.ResourceHookBinding:
    """Return hooks that remove what a killed run left under the name of a container or network about to be created.

    Args:
        provider: the server.
        kind: `container` or `network`.
        name: its name on the server.
        product: value of the label `slipway.product` it must carry; anything else of that name is an error.
    """

    async def vacate(_: pulumi.ResourceHookArgs) -> None:
        arguments = {"kind": kind, "name": name, "product": product}
        await invoke_async(_VACATE, arguments, pulumi.InvokeOptions(provider=provider))

    hook = pulumi.ResourceHook(f"vacate {kind} {name} on {provider.pulumi_resource_name}", vacate)
    return pulumi.ResourceHookBinding(before_create=[hook])


def _wire_name(attribute: str) -> str:
    first, *others = attribute.split("_")
    return first + "".join(map(str.capitalize, others))
