"""Rules on what must survive a server."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from pulumi_policy import Severity

from .inputs import Sentence, each
from .mounts import OUR_PATH, bound, normal
from .resource import Resource, Stack
from .rules import stack_rule
from .types import BACKUPS, CONTAINER, PRODUCT, VOLUME
from .workload import labels


@stack_rule(
    "K01",
    on=(VOLUME, CONTAINER, BACKUPS, PRODUCT),
    severity=Severity.HIGH,
    remedy="Say where to in `slipway:backups`, or why not in the compose file: `backup: {none: <reason>}`.",
    sources=("CIS Controls 11.2",),
    waits=True,
)
def volume_is_backed_up(stack: Stack) -> Iterator[tuple[Resource, Sentence]]:
    """Each volume, and each folder of a product that a container writes to, is backed up.

    A disk dies, and a mistyped command deletes; what has no copy elsewhere is then gone.
    """
    said = ((BACKUPS, "kept"), (PRODUCT, "spared"))
    kept = {name for kind, key in said for each in stack.of(kind) for name in each.known(key) or ()}
    yield from stack.each(partial(_not_kept, kept=kept), VOLUME)
    safe = tuple(filter(None, map(normal, kept)))
    yield from stack.each(partial(_written, safe=safe), CONTAINER)


def _not_kept(volume: Resource, *, kept: Collection[str]) -> Iterator[Sentence]:
    if volume.get("name") not in kept:
        yield "`name` is in no backup."


def _written(container: Resource, *, safe: Collection[PurePosixPath]) -> Iterator[Sentence]:
    said = labels(container)
    own = f"{OUR_PATH}/{said.get('slipway.stack')}-{said.get('slipway.product')}"
    for mounts, source in (("volumes", "hostPath"), ("mounts", "source")):
        yield from each(container, mounts, partial(_folder_not_kept, source=source, own=own, safe=safe))


def _folder_not_kept(
    place: str, mount: Mapping[str, Any], *, source: str, own: str, safe: Collection[PurePosixPath]
) -> Iterator[Sentence]:
    path = bound(mount, source)
    if path is None or mount.get("readOnly") or not path.is_relative_to(own):
        return
    if not any(path.is_relative_to(folder) for folder in safe):
        yield f"`{place}.{source}` can be written to, and is in no backup."
