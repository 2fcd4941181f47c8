"""The rules of the pack."""

from typing import Final

from . import containers, images, mounts, network, waivers
from .rules import collect

RULES: Final = collect(containers, mounts, network, images)
NAMES: Final = (*(rule.name for rule in RULES), waivers.POLICY)
"""Everything that has a level."""
