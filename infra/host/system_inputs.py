"""The inputs of each class in `infra.host.system_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class SysctlInputs(TypedDict):
    """Inputs of a `Sysctl`."""

    name: pulumi.Input[str]
    """Setting with dots, as in `net.ipv4.tcp_syncookies`; a change replaces it."""
    value: pulumi.Input[str]
    """Value; words may be any blanks apart."""


class KernelModuleInputs(TypedDict):
    """Inputs of a `KernelModule`."""

    name: pulumi.Input[str]
    """Module, as in `usb-storage`; a change replaces it."""
    blocked: NotRequired[pulumi.Input[bool]]
    """Whether modprobe refuses to load it; true."""


class TimezoneInputs(TypedDict):
    """Inputs of a `Timezone`."""

    zone: pulumi.Input[str]
    """Name, as in `Etc/UTC` or `Europe/Berlin`."""


class HostnameInputs(TypedDict):
    """Inputs of a `Hostname`."""

    name: pulumi.Input[str]
    """Name, with or without a domain; at most 64 characters."""


class SwapInputs(TypedDict):
    """Inputs of a `Swap`."""

    path: pulumi.Input[str]
    """Absolute path of the file; a change replaces it."""
    size: pulumi.Input[int]
    """Size in MiB; a change makes the file anew."""


class TimerInputs(TypedDict):
    """Inputs of a `Timer`."""

    name: pulumi.Input[str]
    """Name without the `slipway-` that its units begin with; a change replaces them."""
    description: pulumi.Input[str]
    """What it does, in one line."""
    calendar: pulumi.Input[str]
    """When it runs, as systemd.time(7) writes it: `daily`, `Sun *-*-* 04:00`."""
    command: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Program by its absolute path and arguments, one word each; no shell reads them."""
    randomized_delay: NotRequired[pulumi.Input[int]]
    """How much later it may start, in seconds; 0."""
    persistent: NotRequired[pulumi.Input[bool]]
    """Whether a run that was missed while the server was off is made up for; true."""


class AptSourceInputs(TypedDict):
    """Inputs of an `AptSource`."""

    name: pulumi.Input[str]
    """Name without the `slipway-` that its file begins with; a change replaces it."""
    types: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """`deb`, `deb-src` or both; `deb`."""
    uris: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Archives; with `security` by default the one beside the mirror that the server uses."""
    suites: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Suites; with `security` always that of the server's release."""
    components: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Components; `main`."""
    signed_by: NotRequired[pulumi.Input[str]]
    """Path of the key it is checked with; that of Debian."""
    security: NotRequired[pulumi.Input[bool]]
    """Whether it is the security updates of the server's release; needless, and then not written, where the server has
    them from elsewhere. False."""


class SettingInputs(TypedDict):
    """Inputs of a `Setting`."""

    file: pulumi.Input[str]
    """Absolute path of a file that is there; a change replaces the setting."""
    key: pulumi.Input[str]
    """Key, in the case it is written in; a change replaces the setting."""
    value: pulumi.Input[str]
    """Value as the file has it, quotes included."""
    separator: NotRequired[pulumi.Input[str]]
    """What is written between key and value, ` ` or `=` for example; a blank."""


class JsonFileInputs(TypedDict):
    """Inputs of a `JsonFile`."""

    path: pulumi.Input[str]
    """Absolute path; a change replaces the resource."""
    settings: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Key, with a dot for each map that it is in, to its value in JSON."""
    mode: NotRequired[pulumi.Input[str]]
    """Four octal digits; 0600: settings of others may hold a password."""
