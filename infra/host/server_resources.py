"""What programs use beside `infra.host.resources`: what a server has to be, and who may read its own files."""

from typing import Unpack

import pulumi

from infra.host.resources import HostResource
from infra.host.server_inputs import (
    GuestNetworksInputs,
    HostingInputs,
    OperatingSystemInputs,
    OwnedByInputs,
    PermissionsInputs,
)


class OperatingSystem(HostResource):
    """A gate: what depends on it is left alone on a server of another stack, or of a system that is not supported."""

    TYPE = "host:index:OperatingSystem"
    INPUTS = OperatingSystemInputs
    OUTPUTS = ("release",)

    release: pulumi.Output[str]
    """What the server calls its system."""

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[OperatingSystemInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class OwnedBy(HostResource):
    """A gate: products on a server are left alone until its owner has made that ready."""

    TYPE = "host:index:OwnedBy"
    INPUTS = OwnedByInputs

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[OwnedByInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Hosting(HostResource):
    """A gate for going: it is not removed, nor what it depends on, while other stacks have containers there."""

    TYPE = "host:index:Hosting"
    INPUTS = HostingInputs

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[HostingInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class GuestNetworks(HostResource):
    """The edge on the networks of other stacks, once more after it was replaced."""

    TYPE = "host:index:GuestNetworks"
    INPUTS = GuestNetworksInputs

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[GuestNetworksInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Permissions(HostResource):
    """Mode and owner of a file or folder of the system; the mode from before comes back when it is removed."""

    TYPE = "host:index:Permissions"
    INPUTS = PermissionsInputs

    path: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[PermissionsInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
