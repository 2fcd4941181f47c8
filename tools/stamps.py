"""Stamps: small files that say from which inputs something was made, so that it is made once."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

CACHES = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache"})
"""Folders that come and go without anything having changed."""


def digest(paths: Sequence[Path], *settings: str) -> str:
    """Hash files, and the files in folders, with their names and modes, and settings."""
    result = hashlib.sha256(repr(settings).encode())
    for path in _files(paths):
        result.update(f"{path.name} {path.stat().st_mode:o} ".encode())
        result.update(hashlib.sha256(path.read_bytes()).digest())
    return result.hexdigest()


def is_stamped(stamp: Path, inputs: str) -> bool:
    """Tell whether a stamp names these inputs."""
    return stamp.is_file() and stamp.read_text(encoding="ascii") == inputs


def write_stamp(stamp: Path, inputs: str) -> None:
    """Write a stamp; the last act of making something."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs, encoding="ascii")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in inside if file.is_file() and not CACHES.intersection(file.parts))
