"""Inputs of resources as the engine tells them: compared, and hashed, without a secret among them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.cli.differences import HIDDEN, is_sealed
from infra.host.plugin.diff import changes

_INTERNAL: Final = "__"


def readable(inputs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return inputs with a word in the place of each secret, and without what the engine notes for itself."""
    return {name: _readable(value) for name, value in (inputs or {}).items() if not name.startswith(_INTERNAL)}


def changed_paths(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the property paths at which readable inputs differ."""
    return tuple(change.path for change in changes(before, after))


def top_level(paths: Iterable[str]) -> set[str]:
    """Return the inputs that some property paths are in."""
    return {path.partition(".")[0].partition("[")[0] for path in paths}


def hashed(inputs: Mapping[str, Any]) -> str:
    """Return what changes whenever readable inputs do."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _readable(value: Any) -> Any:
    if is_sealed(value):
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _readable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return value
