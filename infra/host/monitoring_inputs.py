"""The inputs of each class in `infra.host.monitoring_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class ContainerFilesInputs(TypedDict):
    """Inputs of a `ContainerFiles`."""

    folder: pulumi.Input[str]
    """Absolute path of a folder that holds nothing else; a change replaces it."""
    files: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Name to text; none of it is a secret."""
    container: pulumi.Input[str]
    """Container by name, which is sent SIGHUP where it runs."""
    image: pulumi.Input[str]
    """Its image by digest, in which the check runs."""
    mount: pulumi.Input[str]
    """Where the image expects the folder."""
    check: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Program of the image and its arguments, which refuses what is wrong; none by default."""


class AlertChannelInputs(TypedDict):
    """Inputs of an `AlertChannel`."""

    name: pulumi.Input[str]
    """Name; a change replaces it."""
    channel: pulumi.Input[str]
    """`telegram`, `email` or `watchdog`."""
    settings: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """What Telegram or the mail server has to know; see the agent's kind. None for a watchdog."""
    secret: NotRequired[pulumi.Input[str]]
    """Token, password, or URL to call; none by default."""
