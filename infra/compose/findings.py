"""A rule of a compose file that is broken."""

from dataclasses import dataclass

from infra.config.mistakes import Step


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken."""

    steps: tuple[Step, ...]
    """Place in the compose file."""
    sentence: str
