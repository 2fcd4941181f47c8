"""The inputs of each class in `infra.host.task_resources`; names and defaults are those of the agent's kind."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from infra.host.inputs import ReleasedInputs


class MigrationInputs(ReleasedInputs):
    """Inputs of a `Migration`; of those of a release it needs `service` and `image`."""

    container: pulumi.Input[str]
    """Prepared container by name, which is started where there is something to migrate."""
    command: pulumi.Input[Sequence[pulumi.Input[str]]]
    """What it runs: an image migrates once with one command."""
    phase: NotRequired[pulumi.Input[str]]
    """`expand` (default), or `contract`, which no older image is released after."""
    timeout: NotRequired[pulumi.Input[float]]
    """How long it may take, and another migration of the product is waited for, in seconds; 300."""
    release: NotRequired[pulumi.Input[str]]
    """Name of the release, for the record."""


class JobInputs(TypedDict):
    """Inputs of a `Job`."""

    name: pulumi.Input[str]
    """Name of its units, `<stack>-<product>-<service>-<job>`; a change replaces them."""
    description: pulumi.Input[str]
    """What it does, in one line."""
    calendar: pulumi.Input[str]
    """When it runs, as systemd.time(7) writes it: `daily`, `Sun *-*-* 04:00`."""
    container: pulumi.Input[str]
    """Prepared container by name."""
    runner: pulumi.Input[str]
    """Program on the server that starts the container and waits for its end, by its absolute path."""
    timeout: NotRequired[pulumi.Input[int]]
    """How long a run may take, in seconds; 3600."""
    grace: NotRequired[pulumi.Input[int]]
    """How long the container gets to stop, in seconds; 10."""
