"""What programs use beside `infra.host.resources`: settings of what watches a server, and the channels it tells by."""

from typing import Unpack

import pulumi

from infra.host.monitoring_inputs import AlertChannelInputs, ContainerFilesInputs
from infra.host.resources import HostResource


class ContainerFiles(HostResource):
    """The settings of a container: checked before they replace the former ones, and read without a restart."""

    TYPE = "host:index:ContainerFiles"
    INPUTS = ContainerFilesInputs

    folder: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[ContainerFilesInputs],
    ) -> None:
        super().__init__(resource_name, inputs, opts)


class AlertChannel(HostResource):
    """A channel that alerts leave by: it gets one message when its settings change, and who refuses it is named."""

    TYPE = "host:index:AlertChannel"
    INPUTS = AlertChannelInputs

    name: pulumi.Output[str]

    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **inputs: Unpack[AlertChannelInputs]
    ) -> None:
        super().__init__(resource_name, inputs, opts)
