"""The difference between two property bags, path by path; pure."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from pulumi.runtime.proto import provider_pb2

from infra.host.plugin.values import plain

_SIMPLE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_REPLACING = {
    provider_pb2.PropertyDiff.ADD: provider_pb2.PropertyDiff.ADD_REPLACE,
    provider_pb2.PropertyDiff.UPDATE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
    provider_pb2.PropertyDiff.DELETE: provider_pb2.PropertyDiff.DELETE_REPLACE,
}


class Change(NamedTuple):
    """One path whose value differs."""

    path: str
    """Pulumi's property path, as in `restartOn["/etc/ssh/sshd_config"]` or `groups[1]`."""
    kind: provider_pb2.PropertyDiff.Kind.ValueType
    """ADD, UPDATE or DELETE."""

    @property
    def name(self) -> str:
        """The top-level property the path is in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two property bags; null counts as absent, an unknown value as different."""
    return list(_compare_maps("", plain(old), plain(new)))


def diff_response(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replaces: Collection[str] = (),
    delete_before_replace: bool = False,
) -> provider_pb2.DiffResponse:
    """Return the detailed answer to Diff of the inputs in the state and those of the program.

    Args:
        old: the inputs in the state.
        new: the inputs of the program.
        replaces: top-level properties that cannot change in place.
        delete_before_replace: whether old and new cannot exist side by side.
    """
    found = changes(old, new)
    names = sorted({change.name for change in found})
    replacing = [name for name in names if name in replaces]
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=names,
        replaces=replacing,
        deleteBeforeReplace=bool(replacing) and delete_before_replace,
        detailedDiff={change.path: _detail(change, replaces) for change in found},
        hasDetailedDiff=True,
    )


def _detail(change: Change, replaces: Collection[str]) -> provider_pb2.PropertyDiff:
    kind = _REPLACING[change.kind] if change.name in replaces else change.kind
    return provider_pb2.PropertyDiff(kind=kind, inputDiff=True)


def _compare(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old is None and new is None:
        return
    if old is None:
        yield Change(path, provider_pb2.PropertyDiff.ADD)
    elif new is None:
        yield Change(path, provider_pb2.PropertyDiff.DELETE)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _compare_maps(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else None for items in (old, new))
            yield from _compare(f"{path}[{index}]", before, after)
    elif old != new:
        yield Change(path, provider_pb2.PropertyDiff.UPDATE)


def _compare_maps(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if not name.startswith("__"):
            yield from _compare(_child_path(path, name), old.get(name), new.get(name))


def _child_path(path: str, name: str) -> str:
    if not _SIMPLE_NAME.fullmatch(name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name
