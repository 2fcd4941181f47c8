"""Rules on what must survive a server."""

from collections.abc import Collection, Iterator
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .inputs import Sentence
from .resource import Resource, Stack
from .rules import stack_rule
from .types import BACKUPS, VOLUME


@stack_rule(
    "K01",
    on=(VOLUME, BACKUPS),
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
    remedy="Say where to in `slipway:backups`, or why not in the compose file: `backup: {none: <reason>}`.",
    sources=("CIS Controls 11.2",),
    waits=True,
)
def volume_is_backed_up(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Each volume is backed up.

    A disk dies, and a mistyped command deletes; what has no copy elsewhere is then gone.
    """
    kept = {name for each in stack.of(BACKUPS) for key in ("kept", "spared") for name in each.known(key) or ()}
    yield from stack.each(partial(_not_kept, kept=kept), VOLUME)


def _not_kept(volume: Resource, *, kept: Collection[str]) -> Iterator[Sentence]:
    if volume.get("name") not in kept:
        yield "`name` is in no backup."
