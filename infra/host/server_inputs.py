"""The inputs of each class in `infra.host.server_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi


class OperatingSystemInputs(TypedDict):
    """Inputs of an `OperatingSystem`."""

    stack: pulumi.Input[str]
    """The stack that keeps the server; one that another stack keeps is refused."""
    suite: NotRequired[pulumi.Input[str]]
    """Release of Debian it must be, `bookworm` or `trixie`; by default either."""
    untested: NotRequired[pulumi.Input[bool]]
    """Whether an Ubuntu LTS will do; false."""


class OwnedByInputs(TypedDict):
    """Inputs of an `OwnedBy`."""

    owner: pulumi.Input[str]
    """The stack that keeps the server; one that another stack keeps, or nobody, is refused."""
    entry_points: NotRequired[Sequence[str]]
    """What the edge of the server has to listen on, by the names of its entry points; nothing."""


class HostingInputs(TypedDict):
    """Inputs of a `Hosting`."""

    stack: pulumi.Input[str]
    """The stack that keeps the server."""


class GuestNetworksInputs(TypedDict):
    """Inputs of a `GuestNetworks`."""

    container: pulumi.Input[str]
    """Name of the container."""
    stack: pulumi.Input[str]
    """The stack whose own networks are left out."""
    container_id: NotRequired[pulumi.Input[str]]
    """Id of the container, which changes with it."""


class PermissionsInputs(TypedDict):
    """Inputs of a `Permissions`."""

    path: pulumi.Input[str]
    """Absolute path of a file or folder of the system; a change replaces the resource."""
    mode: pulumi.Input[str]
    """Four octal digits."""
    owner: NotRequired[pulumi.Input[str]]
    """User by name or number; root."""
    group: NotRequired[pulumi.Input[str]]
    """Group by name or number; root."""
