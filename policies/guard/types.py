"""Type tokens of the resources that rules judge."""

from typing import Final

CONTAINER: Final = "docker:index/container:Container"
REMOTE_IMAGE: Final = "docker:index/remoteImage:RemoteImage"
VOLUME: Final = "docker:index/volume:Volume"
HOST_IMAGE: Final = "host:index:Image"
STACK: Final = "pulumi:pulumi:Stack"
