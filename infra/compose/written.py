"""What can be seen in compose files as they are written, before Docker Compose merges them."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from infra.compose.document import ServiceDocument
from infra.compose.keys import RESOLVED, SERVICE_REFUSED, TOP_LEVEL_REFUSED, advice
from infra.compose.sources import Source, Sources
from infra.config.mistakes import Mistake, did_you_mean, place
from infra.config.validation import keys_at

_EXTENSION = "x-slipway"
_REFUSED = "cannot be mapped"


def refused(text: str) -> str:
    """Return the sentence for a key that Slipway does not turn into a resource."""
    return f"{_REFUSED}: {text}"


def written_mistakes(sources: Sources) -> Iterator[Mistake]:
    """Yield keys that no Docker Compose run would list all at once, or that it resolves away."""
    for source in sources:
        for key in source.document:
            text = advice(TOP_LEVEL_REFUSED, (key,))
            if text:
                yield Mistake(source.shown, place(key), refused(text))
        for name, service in (source.document.get("services") or {}).items():
            if isinstance(service, dict):
                yield from _service(source, name, service)


def unused_variables(sources: Sources, variables: Collection[str]) -> tuple[str, ...]:
    """Return the variables that no compose file names; none when files outside of them might."""
    if any("env_file" in source.text for source in sources):
        return ()
    words = {word for source in sources for word in re.findall(r"\w+", source.text)}
    return tuple(sorted(set(variables) - words))


def unused_parts(sources: Sources, document: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield networks, volumes and secrets that no service uses: Docker Compose leaves them out without a word."""
    for kind in ("networks", "volumes", "secrets"):
        for source in sources:
            for name in source.document.get(kind) or {}:
                if name not in document.get(kind, {}):
                    yield Mistake(source.shown, place(kind, name), "no service uses it: remove it")


def _service(source: Source, name: str, service: Mapping[str, Any]) -> Iterator[Mistake]:
    mapped = keys_at(ServiceDocument, ())
    for key, value in service.items():
        at = place("services", name, str(key))
        text = None if key in mapped else advice(SERVICE_REFUSED, (key,))
        if text:
            yield Mistake(source.shown, at, refused(text))
        elif key.startswith("x-") and key != _EXTENSION:
            remark = did_you_mean(key, [_EXTENSION])
            if remark:
                yield Mistake(source.shown, at, f"is not a key here{remark}")
        elif key not in mapped and key not in RESOLVED:
            known = [*mapped, *RESOLVED, *SERVICE_REFUSED]
            yield Mistake(source.shown, at, f"is not a key of the compose format{did_you_mean(key, known)}")
        if key == "extends" and isinstance(value, dict) and "file" in value:
            yield Mistake(source.shown, f"{at}.file", refused(SERVICE_REFUSED["extends.file"]))
