"""The inputs of each class in `infra.host.access_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class SshConfigInputs(TypedDict):
    """Inputs of an `SshConfig`."""

    name: NotRequired[pulumi.Input[str]]
    """Drop-in of sshd without `.conf`; a change replaces it. `00-slipway`: sshd takes the first value that it meets."""
    settings: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Keyword of sshd_config(5) to its value; several words of HostKey, Port and ListenAddress become a line each."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0600."""


class SudoersFileInputs(TypedDict):
    """Inputs of a `SudoersFile`."""

    name: pulumi.Input[str]
    """File in `/etc/sudoers.d`, without a dot or tilde; a change replaces it."""
    content: pulumi.Input[str]
    """The whole content, ending in a line break."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0440."""


class AuthorizedKeysInputs(TypedDict):
    """Inputs of an `AuthorizedKeys`."""

    user: pulumi.Input[str]
    """Who signs in with the keys; a change replaces the resource."""
    keys: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Public keys without options, as in `ssh-ed25519 AAAA… ops@laptop`; at least one."""
    options: NotRequired[pulumi.Input[str]]
    """What stands before each key, as in `restrict,from="203.0.113.0/24"`; nothing."""
    exclusive: NotRequired[pulumi.Input[bool]]
    """Whether lines that are not declared are removed; false: these are only told."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0600."""


class UndeclaredInputs(TypedDict):
    """Inputs of an `Undeclared`."""

    users: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Users that somebody has declared."""
    spared: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Users who stay although nobody has declared them, as the one a fresh server is signed in to with; none."""
    keys: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Public keys that somebody has declared; none."""
    firewall: NotRequired[pulumi.Input[bool]]
    """Whether the firewall is declared, so that other rules are worth telling; false."""
    exclusive: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Parts that are exactly as declared: `users`, `keys`, `firewall`. This resource sees to the users; none."""
