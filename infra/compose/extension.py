"""What a compose file may say to Slipway: `x-slipway` of a service."""

from typing import Literal

from pydantic import Field

from infra.compose.quantities import Duration
from infra.compose.values import DurationText
from infra.config.section import Section


class Ready(Section):
    """When a new container counts as ready."""

    timeout: DurationText = Duration(60_000)
    """How long it may take to become healthy; then the release fails, and the former one goes on serving."""


class Extension(Section):
    """`x-slipway` of a service: how it is released."""

    release: Literal["rolling", "recreate"] | None = None
    """`recreate` stops the old container before the new one starts. `rolling` starts the new one first, and is refused
    where two containers cannot run at once. By default rolling, unless the service has a writable volume or a published
    port."""
    ready: Ready = Field(default_factory=Ready)
    """When a new container counts as ready."""
    drain: DurationText = Duration(5_000)
    """How long the former container goes on after requests lead to the new one."""
    bake: DurationText = Duration(0)
    """How long a new container is watched after requests lead to it. If it ends or becomes unhealthy, or if more of its
    answers are 5xx than before by over one percentage point, requests lead to the former one again and the release has
    failed."""
