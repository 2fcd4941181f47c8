"""The inputs of each class in `infra.host.resources`; names and defaults are those of the agent's kind."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class FileInputs(TypedDict):
    """Inputs of a `File`."""

    path: pulumi.Input[str]
    """Absolute path; a change replaces the file."""
    content: pulumi.Input[str]
    """The whole content; given as a secret, it is one in the state and in every diff."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0644."""
    owner: NotRequired[pulumi.Input[str]]
    """User by name or number; root."""
    group: NotRequired[pulumi.Input[str]]
    """Group by name or number; root."""


class DirectoryInputs(TypedDict):
    """Inputs of a `Directory`."""

    path: pulumi.Input[str]
    """Absolute path; a change replaces the folder."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0755."""
    owner: NotRequired[pulumi.Input[str]]
    """User by name or number; root."""
    group: NotRequired[pulumi.Input[str]]
    """Group by name or number; root."""


class PackageInputs(TypedDict):
    """Inputs of a `Package`."""

    name: pulumi.Input[str]
    """Debian package, or alternatives as in `docker-cli | docker.io`: the first one the archive has."""
    held: NotRequired[pulumi.Input[bool]]
    """Whether upgrades leave it at its version; false."""
    or_installed: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Packages that will do where one is installed already, as `docker-ce`; it stays as it is. None."""


class GroupInputs(TypedDict):
    """Inputs of a `Group`."""

    name: pulumi.Input[str]
    """Name; a change replaces the group."""
    system: NotRequired[pulumi.Input[bool]]
    """Whether its number is one of the system's; only heeded when the group is made."""
    gid: NotRequired[pulumi.Input[int]]
    """Number; by default the next free one."""


class UserInputs(TypedDict):
    """Inputs of a `User`."""

    name: pulumi.Input[str]
    """Login; a change replaces the user."""
    uid: NotRequired[pulumi.Input[int]]
    """Number; by default the next free one."""
    shell: NotRequired[pulumi.Input[str]]
    """Login shell; /bin/bash."""
    groups: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Supplementary groups it is in, beside others or exactly these; none."""
    home: NotRequired[pulumi.Input[str]]
    """Home; by default the system's choice."""
    system: NotRequired[pulumi.Input[bool]]
    """Whether its number is one of the system's; only heeded when the user is made."""
    exclusive_groups: NotRequired[pulumi.Input[bool]]
    """Whether it is taken out of groups that are not in `groups`; false: these are only told."""
    password: NotRequired[pulumi.Input[str]]
    """`locked`: nobody signs in with a password; by default not managed, and a new user has none."""


class UnitInputs(TypedDict):
    """Inputs of a `Unit`."""

    name: pulumi.Input[str]
    """Name with its type, as in `docker.service`."""
    enabled: NotRequired[pulumi.Input[bool]]
    """Whether it starts at boot; true."""
    active: NotRequired[pulumi.Input[bool]]
    """Whether it runs now; true."""
    restart_on: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Path to sha256 of each file it reads at start: it is restarted for a file that is newer than its start."""
    masked: NotRequired[pulumi.Input[bool]]
    """Whether nothing can start it; then neither `enabled` nor `active` may be true. False."""


class ImageInputs(TypedDict):
    """Inputs of an `Image`."""

    reference: pulumi.Input[str]
    """Image by digest, `repository@sha256:…`."""
    used_by: NotRequired[pulumi.Input[str]]
    """`<stack>-<product>/<service>`: the image stays while it is one of that service's last five; by default none."""


class NetworkAttachmentInputs(TypedDict):
    """Inputs of a `NetworkAttachment`."""

    network: pulumi.Input[str]
    """Network by name; a change replaces the attachment."""
    container: pulumi.Input[str]
    """Container by name; a change replaces the attachment."""
    aliases: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names the container answers to on the network, beside its own."""
    container_id: NotRequired[pulumi.Input[str]]
    """Id of the container, so that one replaced under its name is attached again."""


class PostgresDataInputs(TypedDict):
    """Inputs of a `PostgresData`."""

    volume: pulumi.Input[str]
    """Docker volume by name, or folder of the server; a change replaces the resource, and leaves the data alone."""
    major: pulumi.Input[str]
    """Major version that is to read the data, such as 17; another one than the data has is refused."""


class RedisDataInputs(TypedDict):
    """Inputs of a `RedisData`."""

    place: pulumi.Input[str]
    """Docker volume by name, or folder of the server; a change replaces the resource, and leaves the data alone."""
    container: pulumi.Input[str]
    """Container of the server by name."""
    appendonly: NotRequired[pulumi.Input[bool]]
    """That the place holds such a file, or nothing yet; true."""


class ReleasedInputs(TypedDict):
    """What is known of a release before it happens, for the record of what became of it."""

    service: NotRequired[pulumi.Input[str]]
    """`<stack>-<product>/<service>`; by default nothing is written down."""
    image: NotRequired[pulumi.Input[str]]
    """Image by digest."""
    tag: NotRequired[pulumi.Input[str]]
    """Tag that the digest was resolved from."""
    revision: NotRequired[pulumi.Input[str]]
    """Commit that the image was built from."""
    config: NotRequired[pulumi.Input[str]]
    """Changes with everything the container is made of besides its image."""
    strategy: NotRequired[pulumi.Input[str]]
    """`rolling` or `stop-first`."""


class ReadyInputs(ReleasedInputs):
    """Inputs of a `Ready`."""

    container: pulumi.Input[str]
    """Container by name; a change replaces the gate."""
    container_id: NotRequired[pulumi.Input[str]]
    """Id of the container, so that one replaced under its name is waited for again."""
    condition: NotRequired[pulumi.Input[str]]
    """`healthy` by its healthcheck (default), `running`, `completed` with exit code 0, or `prepared`: it is there."""
    timeout: NotRequired[pulumi.Input[float]]
    """How long to wait, in seconds; 60."""
    product: NotRequired[pulumi.Input[str]]
    """Product whose lock is held, `<stack>-<product>`; by default none."""
    release: NotRequired[pulumi.Input[str]]
    """Name of the release, for the record."""
    decides: NotRequired[pulumi.Input[bool]]
    """Whether the release is good once the container is ready; false: a route has the last word."""
    longest_gap: NotRequired[pulumi.Input[float]]
    """Most seconds that a stop-first service is down until it is ready or given up; 0."""
    data: NotRequired[pulumi.Input[str]]
    """The volumes and folders that a stop-first service writes to."""


class RouteInputs(ReleasedInputs):
    """Inputs of a `Route`."""

    name: pulumi.Input[str]
    """`<stack>-<product>-<service>`; a change replaces the route."""
    product: pulumi.Input[str]
    """Product whose lock is held, `<stack>-<product>`."""
    container: pulumi.Input[str]
    """Container that is to serve."""
    release: pulumi.Input[str]
    """What the edge's answers have to carry as `X-Slipway-Release`."""
    content: pulumi.Input[str]
    """The edge's configuration; its first line is `# container=<container> release=<release>`."""
    path: pulumi.Input[str]
    """File the edge reads it from."""
    confirm_address: pulumi.Input[str]
    """Container of the edge, which is asked for confirmation."""
    drain: NotRequired[pulumi.Input[float]]
    """How long the former container still gets to answer, in seconds; 5."""
    bake: NotRequired[pulumi.Input[float]]
    """How long the new container is watched after the switch, in seconds; 0. When it does worse, the former is back."""
    timeout: NotRequired[pulumi.Input[float]]
    """How long the edge may take to confirm, in seconds; 60."""
    hosts: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Public names; a switch waits for the certificates of new ones, and warns of those that have none."""
    certificate_timeout: NotRequired[pulumi.Input[float]]
    """How long the edge may take to get them, in seconds; 60."""
