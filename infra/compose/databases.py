"""What a compose file says of a database server beyond what Docker Compose knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """What is said of a server's settings."""

    tune: bool = True
    """Whether it is started with settings at all."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting → value as the server reads it, in place of the one that follows from its limits."""
