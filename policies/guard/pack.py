"""The rules of the pack."""

from typing import Final

from . import (
    actions,
    backups,
    commands,
    coverage,
    engine,
    environment,
    images,
    ingress,
    limits,
    mounts,
    network,
    ports,
    privileges,
    repositories,
    servers,
    waivers,
)
from .rules import Policy, Rule, StackRule, collect

RULES: Final[tuple[Rule | StackRule, ...]] = collect(
    privileges,
    mounts,
    limits,
    ports,
    network,
    images,
    environment,
    engine,
    commands,
    servers,
    ingress,
    repositories,
    actions,
    coverage,
    backups,
)
POLICIES: Final[tuple[Policy, ...]] = (*RULES, waivers.POLICY)
"""Everything that has a level."""
NAMES: Final = tuple(policy.name for policy in POLICIES)
