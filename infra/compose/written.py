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


def written_mistakes(sources: Sources, left_out: Collection[str]) -> Iterator[Mistake]:
    """Yield keys that no Docker Compose run would list all at once, or that it resolves away.

    Args:
        sources: the compose files.
        left_out: services that do not run.
    """
    for source in sources.whole:
        for key in source.document:
            text = advice(TOP_LEVEL_REFUSED, (key,))
            if text:
                yield Mistake(source.shown, place(key), refused(text))
        yield from _inclusions(source)
        for name, service in (source.document.get("services") or {}).items():
            if isinstance(service, dict) and name not in left_out:
                yield from _service(source, name, service)
                yield from _variable_files(sources, source, name, service)


def unused_variables(sources: Sources, variables: Collection[str]) -> tuple[str, ...]:
    """Return the variables that no compose file names; none when files outside of them might."""
    if any("_file" in source.text for source in sources):
        return ()
    words = {word for source in sources for word in re.findall(r"\w+", source.text)}
    return tuple(sorted(set(variables) - words))


def unused_parts(sources: Sources, document: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is declared and no service uses: Docker Compose leaves it out without a word."""
    for kind in ("networks", "volumes", "secrets", "configs"):
        for source in sources.whole:
            for name in source.document.get(kind) or {}:
                if name not in document.get(kind, {}):
                    yield Mistake(source.shown, place(kind, name), "no service uses it: remove it")


def _service(source: Source, name: str, service: Mapping[str, Any]) -> Iterator[Mistake]:
    mapped = keys_at(ServiceDocument, ())
    for key in service:
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


def _inclusions(source: Source) -> Iterator[Mistake]:
    """Yield what an `include` says beside paths: variables and folders of another project."""
    included = source.document.get("include")
    for index, entry in enumerate(included if isinstance(included, list) else ()):
        for key in sorted(entry.keys() - {"path"}) if isinstance(entry, dict) else ():
            text = refused(
                "variables come from the product's `env`, paths from the file's own folder: keep `path` only"
            )
            yield Mistake(source.shown, place("include", index, key), text)


def _variable_files(sources: Sources, source: Source, name: str, service: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield files of variables that are not in the repository: Docker Compose stops at the first one."""
    written = service.get("env_file") or ()
    for entry in written if isinstance(written, list) else [written]:
        path, required = (entry.get("path"), entry.get("required", True)) if isinstance(entry, dict) else (entry, True)
        folder = source.path.parent if source.role == "included" else sources.listed[0].path.parent
        if isinstance(path, str) and "$" not in path and required and not (folder / path).is_file():
            text = "names a file that is not in the repository: put its variables under `environment`"
            yield Mistake(source.shown, place("services", name, "env_file"), text)
