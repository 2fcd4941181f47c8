"""What programs use beside `infra.host.resources`: how a server itself is set up, its kernel, clock and packages."""

from typing import Unpack

import pulumi

from infra.host.resources import HostResource
from infra.host.system_inputs import (
    AptSourceInputs,
    HostnameInputs,
    JsonFileInputs,
    KernelModuleInputs,
    SettingInputs,
    SwapInputs,
    SysctlInputs,
    TimerInputs,
    TimezoneInputs,
)


class Sysctl(HostResource):
    """A setting of the kernel, now and from the next boot on; the former value comes back when it is removed."""

    TYPE = "host:index:Sysctl"
    INPUTS = SysctlInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[SysctlInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class KernelModule(HostResource):
    """A module of the kernel that is not to be loaded; one that is loaded stays so until the next boot."""

    TYPE = "host:index:KernelModule"
    INPUTS = KernelModuleInputs
    OUTPUTS = ("loaded",)

    name: pulumi.Output[str]
    loaded: pulumi.Output[bool]
    """Whether the kernel has it loaded."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[KernelModuleInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Timezone(HostResource):
    """The time zone of the server; the former one comes back when it is removed."""

    TYPE = "host:index:Timezone"
    INPUTS = TimezoneInputs

    zone: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[TimezoneInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Hostname(HostResource):
    """The name of the server, now and from the next boot on; the former one comes back when it is removed."""

    TYPE = "host:index:Hostname"
    INPUTS = HostnameInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[HostnameInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Swap(HostResource):
    """A file that the kernel swaps to, now and from the next boot on."""

    TYPE = "host:index:Swap"
    INPUTS = SwapInputs

    path: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[SwapInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Timer(HostResource):
    """A command that systemd runs by the calendar, as root in a sandbox."""

    TYPE = "host:index:Timer"
    INPUTS = TimerInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[TimerInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class AptSource(HostResource):
    """Archives that packages come from."""

    TYPE = "host:index:AptSource"
    INPUTS = AptSourceInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[AptSourceInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class Setting(HostResource):
    """One line in a file that the system owns; the former value comes back when it is removed."""

    TYPE = "host:index:Setting"
    INPUTS = SettingInputs
    OUTPUTS = ("former",)

    file: pulumi.Output[str]
    key: pulumi.Output[str]
    former: pulumi.Output[str]
    """The value that comes back; none where there was no such line."""

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[SettingInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class JsonFile(HostResource):
    """Settings in a JSON file beside those of others; the former values come back when it is removed."""

    TYPE = "host:index:JsonFile"
    INPUTS = JsonFileInputs

    path: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[JsonFileInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
