"""Profiles: which services run, and what the others alone would use."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from infra.compose.sources import Sources

_KINDS = ("networks", "volumes", "secrets", "configs")


def left_out(sources: Sources, profiles: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the services whose profiles are all switched off, with these profiles."""
    found: dict[str, set[str]] = {}
    for source in sources.whole:
        for name, service in (source.document.get("services") or {}).items():
            written = service.get("profiles") if isinstance(service, dict) else None
            if isinstance(written, list):
                found.setdefault(name, set()).update(map(str, written))
    return {name: tuple(sorted(its)) for name, its in sorted(found.items()) if its.isdisjoint(profiles)}


def names(sources: Sources) -> tuple[str, ...]:
    """Return all profiles that services have."""
    return tuple(sorted({profile for its in left_out(sources, ()).values() for profile in its}))


def running(document: Mapping[str, Any], idle: Collection[str]) -> dict[str, Any]:
    """Return a normalised document without the services that do not run, and without what only they use."""
    services = {name: service for name, service in (document.get("services") or {}).items() if name not in idle}
    kept = {kind: set(_used(kind, services)) for kind in _KINDS}
    objects = {
        kind: {name: value for name, value in (document.get(kind) or {}).items() if not idle or name in kept[kind]}
        for kind in _KINDS
    }
    return {**document, **objects, "services": services}


def _used(kind: str, services: Mapping[str, Any]) -> Iterator[str]:
    """Yield what services name of one kind; networks are named by key, the rest by `source`."""
    for service in services.values():
        uses = service.get(kind) or ()
        yield from (use if isinstance(use, str) else use.get("source", "") for use in uses)
